package store

import (
	"context"
	"strings"

	"throughline/models"
)

// commentRow is a row of the comments table.
type commentRow struct {
	ID        int64
	SubjectID int64
	Actor     string
	Author    string
	Body      string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	EditedAt  int64
	DeletedAt int64
}

// TableName is the table, for gorm.
func (commentRow) TableName() string { return "comments" }

func (r commentRow) comment() models.Comment {
	return models.Comment{ID: r.ID, Author: r.Author, ActorID: r.Actor, Body: r.Body,
		At: moment(r.CreatedAt), Edited: moment(r.EditedAt), Deleted: r.DeletedAt != 0}
}

// commentsShown limits the comments of one page.
const commentsShown = 500

// Comments lists a subject's comments, the oldest first.
func (s *Store) Comments(ctx context.Context, subject int64) ([]models.Comment, error) {
	var rows []commentRow
	err := s.read().WithContext(ctx).Where("subject_id = ?", subject).Order("id").Limit(commentsShown).Find(&rows).Error
	out := make([]models.Comment, len(rows))
	for i, r := range rows {
		out[i] = r.comment()
	}
	return out, err
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
		row := commentRow{SubjectID: subject, Actor: by.Actor(), Author: by.Name, Body: body, CreatedAt: u.at()}
		if err := u.gormTx().Create(&row).Error; err != nil {
			return err
		}
		c = row.comment()
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
	return s.changeComment(ctx, by, id, "comment.edited", func(u *unit) commentRow { return commentRow{Body: body, EditedAt: u.at()} })
}

// DeleteComment empties one's own comment; that there was one stays visible.
func (s *Store) DeleteComment(ctx context.Context, by models.Principal, id int64) error {
	return s.changeComment(ctx, by, id, "comment.deleted", func(u *unit) commentRow { return commentRow{DeletedAt: u.at()} })
}

func (s *Store) changeComment(ctx context.Context, by models.Principal, id int64, action string, change func(*unit) commentRow) error {
	var rows []commentRow
	if err := s.read().WithContext(ctx).Where("id = ? AND deleted_at = 0", id).Find(&rows).Error; err != nil {
		return err
	}
	if len(rows) == 0 {
		return models.Errorf(models.NotFound, "There is no such comment.")
	}
	if err := s.MayWrite(ctx, by, rows[0].SubjectID, models.Contributor); err != nil {
		return err
	}
	if rows[0].Actor != by.Actor() {
		return models.Errorf(models.Forbidden, "Only its author may change a comment.")
	}
	return s.write(ctx, by, func(u *unit) error {
		changed := change(u)
		err := u.gormTx().Model(&commentRow{}).Where("id = ?", id).Select("Body", "EditedAt", "DeletedAt").Updates(changed).Error
		if err != nil {
			return err
		}
		return u.note(rows[0].SubjectID, action, map[string]any{"comment": id})
	})
}
