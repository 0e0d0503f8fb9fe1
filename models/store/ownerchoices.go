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

// OwnerChoices are those who may well answer for a subject: of a model, first the
// declared owners of the code that it was built from; then the teams, and the
// people with access to its projects. Others may be typed.
func (s *Store) OwnerChoices(ctx context.Context, subject int64) ([]OwnerChoice, error) {
	rows, err := s.query(ctx, `SELECT DISTINCT p.email, p.name FROM people p WHERE p.disabled_at = 0 AND EXISTS (
  SELECT 1 FROM project_access a JOIN project_subjects ps ON ps.project_id = a.project_id WHERE a.person_id = p.id AND ps.subject_id = ?)
 ORDER BY p.name, p.email LIMIT 200`, subject)
	people, err := all(rows, err, func(r *sql.Rows, c *OwnerChoice) error { return r.Scan(&c.Value, &c.Name) })
	if err != nil {
		return nil, err
	}
	out, err := s.codeOwners(ctx, subject)
	if err != nil {
		return nil, err
	}
	teams, err := s.Teams(ctx)
	for _, t := range teams {
		if t.Members > 0 {
			out = append(out, OwnerChoice{Value: models.Team{Key: t.Key}.Owner(), Name: t.Name})
		}
	}
	return append(out, people...), err
}

// codeOwners are the owners of the repositories that a model's versions were
// built from, as their files declare them.
func (s *Store) codeOwners(ctx context.Context, model int64) ([]OwnerChoice, error) {
	rows, err := s.query(ctx, `SELECT DISTINCT c.key FROM links of JOIN links made ON made.from_id = of.from_id AND made.relation IN ('produced_by', 'built_from') AND made.until_at = 0
 JOIN links built ON built.relation = 'built_from' AND built.until_at = 0 AND (built.from_id = made.to_id OR built.id = made.id)
 JOIN subjects c ON c.id = built.to_id AND c.kind = 'commit' WHERE of.to_id = ? AND of.relation = 'version_of' AND of.until_at = 0 LIMIT 500`, model)
	commits, err := all(rows, err, func(r *sql.Rows, key *string) error { return r.Scan(key) })
	if err != nil {
		return nil, err
	}
	var out []OwnerChoice
	seen := map[string]bool{}
	for _, commit := range commits {
		repository, _, _ := models.SplitCommit(commit)
		if seen[repository] {
			continue
		}
		seen[repository] = true
		owners, err := s.ownersOfRefs(ctx, models.Ref{Kind: models.Repository, Key: repository})
		if err != nil {
			return nil, err
		}
		for _, o := range owners {
			out = append(out, OwnerChoice{Value: o.Person, Name: "owns " + models.RepositoryName(repository)})
		}
	}
	return out, nil
}
