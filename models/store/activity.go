package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"

	"throughline/models"
)

// ActivityFilter limits a list of activity.
type ActivityFilter struct {
	Project string // key
	Subject int64
	Before  int64 // rows older than this one; 0 is the newest page
	Limit   int
}

type activityFull struct {
	models.Activity
	project, subject int64
}

// Activity lists what happened in the projects that the principal may view, the
// newest first. Rows without a project are for hub roles.
func (s *Store) Activity(ctx context.Context, by models.Principal, f ActivityFilter) ([]models.Activity, error) {
	where, args := f.where(by)
	rows, err := s.query(ctx, `SELECT a.seq, a.at, a.actor, a.by_name, a.action, a.project_id, a.subject_id, a.detail, COALESCE(p.key, '')
 FROM activity a LEFT JOIN projects p ON p.id = a.project_id WHERE `+strings.Join(where, " AND ")+` ORDER BY a.seq DESC LIMIT `+strconv.Itoa(pageSize(f.Limit)), args...)
	list, err := all(rows, err, scanActivity)
	if err != nil {
		return nil, err
	}
	return s.withSubjects(ctx, by, list)
}

func (f ActivityFilter) where(by models.Principal) ([]string, []any) {
	where, args := []string{`1 = 1`}, []any{}
	if ids, everything := by.Visible(); !everything {
		where, args = append(where, `a.project_id IN (0`+strings.Repeat(", ?", len(ids))+`) AND a.project_id <> 0`), append(args, ints(ids)...)
	}
	if f.Subject != 0 {
		where, args = append(where, `a.subject_id = ?`), append(args, f.Subject)
	}
	if f.Project != "" {
		where, args = append(where, `a.project_id = (SELECT id FROM projects WHERE key = ?)`), append(args, strings.ToUpper(f.Project))
	}
	if f.Before != 0 {
		where, args = append(where, `a.seq < ?`), append(args, f.Before)
	}
	return where, args
}

func scanActivity(r *sql.Rows, a *activityFull) error {
	var at int64
	var detail string
	err := r.Scan(&a.Seq, &at, &a.Actor, &a.By, &a.Action, &a.project, &a.subject, &detail, &a.Project)
	a.At, a.Detail = moment(at), map[string]any{}
	decode(detail, &a.Detail)
	return err
}

func (s *Store) withSubjects(ctx context.Context, by models.Principal, list []activityFull) ([]models.Activity, error) {
	ids := make([]int64, 0, len(list))
	for _, a := range list {
		ids = append(ids, a.subject)
	}
	subjects, err := s.byID(ctx, by, ids)
	out := make([]models.Activity, len(list))
	for i, a := range list {
		if one, ok := subjects[a.subject]; ok {
			a.Subject = &one
		}
		out[i] = a.Activity
	}
	return out, err
}

// VerifyActivity walks the whole chain of the activity and returns how many rows
// hold, and the first that does not; 0 when all do.
func (s *Store) VerifyActivity(ctx context.Context) (rows, broken int64, err error) {
	list, err := s.query(ctx, `SELECT seq, at, actor, by_name, action, project_id, subject_id, detail, hash FROM activity ORDER BY seq`)
	if err != nil {
		return 0, 0, err
	}
	defer list.Close()
	before := ""
	for list.Next() {
		var r activityRow
		if err := list.Scan(&r.Seq, &r.At, &r.Actor, &r.ByName, &r.Action, &r.ProjectID, &r.SubjectID, &r.Detail, &r.Hash); err != nil {
			return rows, 0, err
		}
		if r.Seq != rows+1 || r.Hash != r.chain(before) {
			return rows, r.Seq, nil
		}
		before = r.Hash
		rows++
	}
	return rows, 0, list.Err()
}

// Comments lists a subject's comments, the oldest first.
func (s *Store) Comments(ctx context.Context, subject int64) ([]models.Comment, error) {
	rows, err := s.query(ctx, `SELECT id, author, actor, body, created_at, edited_at, deleted_at FROM comments WHERE subject_id = ? ORDER BY id LIMIT 500`, subject)
	return all(rows, err, func(r *sql.Rows, c *models.Comment) error {
		var created, edited, deleted int64
		err := r.Scan(&c.ID, &c.Author, &c.ActorID, &c.Body, &created, &edited, &deleted)
		c.At, c.Edited, c.Deleted = moment(created), moment(edited), deleted != 0
		return err
	})
}

// maxComment is the longest comment, in bytes.
const maxComment = 64 << 10

func checkComment(body string) (string, error) {
	body = strings.TrimSpace(clean(body))
	if body == "" {
		return "", models.FieldErrorf(models.Unprocessed, "body", "A comment needs some text.")
	}
	if len(body) > maxComment {
		return "", models.FieldErrorf(models.TooLarge, "body", "A comment has at most 64 KiB.")
	}
	return body, nil
}

// AddComment adds a Markdown comment; whoever sees the subject as a contributor may.
func (s *Store) AddComment(ctx context.Context, by models.Principal, subject int64, body string) (c models.Comment, err error) {
	if body, err = checkComment(body); err != nil {
		return c, err
	}
	if err := s.MayWrite(ctx, by, subject, models.Contributor); err != nil {
		return c, err
	}
	err = s.write(ctx, by, func(u *unit) error {
		c = models.Comment{Author: by.Name, ActorID: by.Actor(), Body: body, At: u.now}
		c.ID, err = u.insert(`INSERT INTO comments (subject_id, actor, author, body, created_at) VALUES (?, ?, ?, ?, ?)`, subject, c.ActorID, c.Author, body, u.at())
		if err != nil {
			return err
		}
		return u.note(subject, "comment.added", map[string]any{"comment": c.ID})
	})
	return c, err
}

// EditComment replaces the text of one's own comment.
func (s *Store) EditComment(ctx context.Context, by models.Principal, id int64, body string) error {
	body, err := checkComment(body)
	if err != nil {
		return err
	}
	return s.changeComment(ctx, by, id, "comment.edited", `UPDATE comments SET body = ?, edited_at = ? WHERE id = ?`, body)
}

// DeleteComment empties one's own comment; that there was one stays visible.
func (s *Store) DeleteComment(ctx context.Context, by models.Principal, id int64) error {
	return s.changeComment(ctx, by, id, "comment.deleted", `UPDATE comments SET body = ?, deleted_at = ? WHERE id = ?`, "")
}

func (s *Store) changeComment(ctx context.Context, by models.Principal, id int64, action, q, body string) error {
	var subject int64
	var actor string
	err := s.row(ctx, `SELECT subject_id, actor FROM comments WHERE id = ? AND deleted_at = 0`, []any{id}, &subject, &actor)
	if errors.Is(err, sql.ErrNoRows) {
		return models.Errorf(models.NotFound, "There is no such comment.")
	}
	if err != nil {
		return err
	}
	if err := s.MayWrite(ctx, by, subject, models.Contributor); err != nil {
		return err
	}
	if actor != by.Actor() {
		return models.Errorf(models.Forbidden, "Only its author may change a comment.")
	}
	return s.write(ctx, by, func(u *unit) error {
		if _, err := u.exec(q, body, u.at(), id); err != nil {
			return err
		}
		return u.note(subject, action, map[string]any{"comment": id})
	})
}
