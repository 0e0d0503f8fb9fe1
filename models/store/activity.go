package store

import (
	"context"
	"database/sql"
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
	if err == nil {
		err = s.nameActors(ctx, list)
	}
	out := make([]models.Activity, len(list))
	for i, a := range list {
		if one, ok := subjects[a.subject]; ok {
			a.Subject = &one
		}
		out[i] = a.Activity
	}
	return out, err
}

// nameActors gives rows the names that people have now.
func (s *Store) nameActors(ctx context.Context, list []activityFull) error {
	var people []string
	for _, a := range list {
		if a.By == "" {
			people = append(people, a.Actor)
		}
	}
	if len(people) == 0 {
		return nil
	}
	names, err := s.NamesOf(ctx, people)
	for i, a := range list {
		if a.By == "" {
			list[i].By = names[a.Actor]
		}
	}
	return err
}
