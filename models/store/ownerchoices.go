package store

import (
	"context"
	"database/sql"

	"throughline/models"
)

// OwnerChoice is one suggestion of the form for owners.
type OwnerChoice struct {
	Value string // an e-mail address or team:KEY
	Name  string
}

// OwnerChoices are those who may well answer for a subject: the people with
// access to its projects, and the teams. Others may be typed.
func (s *Store) OwnerChoices(ctx context.Context, subject int64) ([]OwnerChoice, error) {
	rows, err := s.query(ctx, `SELECT DISTINCT p.email, p.name FROM people p WHERE p.disabled_at = 0 AND EXISTS (
  SELECT 1 FROM project_access a JOIN project_subjects ps ON ps.project_id = a.project_id WHERE a.person_id = p.id AND ps.subject_id = ?)
 ORDER BY p.name, p.email LIMIT 200`, subject)
	people, err := all(rows, err, func(r *sql.Rows, c *OwnerChoice) error { return r.Scan(&c.Value, &c.Name) })
	if err != nil {
		return nil, err
	}
	teams, err := s.Teams(ctx)
	var out []OwnerChoice
	for _, t := range teams {
		if t.Members > 0 {
			out = append(out, OwnerChoice{Value: models.Team{Key: t.Key}.Owner(), Name: t.Name})
		}
	}
	return append(out, people...), err
}
