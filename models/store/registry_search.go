package store

import (
	"context"
	"database/sql"
	"slices"

	"throughline/models"
	"throughline/models/search"
)

// SearchRegisteredModels finds models of a space's registry; prompts only where the
// filter asks for them.
func (s *Store) SearchRegisteredModels(ctx context.Context, sp Space, q SpaceSearch) (page []models.RegisteredModel, next string, err error) {
	parsed, err := search.RegisteredModels.Query(q.Filter, q.Order)
	if err != nil {
		return nil, "", err
	}
	offset, err := readOffset(q.Token)
	if err != nil {
		return nil, "", err
	}
	f := s.dialect.registeredModelFilter(parsed)
	args := slices.Concat(f.JoinArgs, []any{sp.Integration.ID}, f.WhereArgs, []any{q.Limit + 1, offset})
	rows, err := s.query(ctx, `SELECT `+registeredColumns+` FROM registered_models m`+f.Joins+` WHERE m.integration_id = ? AND m.deleted_at = 0 AND `+f.Where+` ORDER BY `+f.Order+` LIMIT ? OFFSET ?`, args...)
	if page, err = all(rows, err, scanRegistered); err != nil {
		return nil, "", err
	}
	page, next = cutPage(page, q.Limit, offset)
	return page, next, s.dressRegistered(ctx, page)
}

// SearchModelVersions finds versions of a space's registry, with their tags.
func (s *Store) SearchModelVersions(ctx context.Context, sp Space, q SpaceSearch) (page []models.RegisteredVersion, next string, err error) {
	parsed, err := search.ModelVersions.Query(q.Filter, q.Order)
	if err != nil {
		return nil, "", err
	}
	offset, err := readOffset(q.Token)
	if err != nil {
		return nil, "", err
	}
	f := s.dialect.modelVersionFilter(parsed)
	args := slices.Concat(f.JoinArgs, []any{sp.Integration.ID}, f.WhereArgs, []any{q.Limit + 1, offset})
	rows, err := s.query(ctx, versionSelect+f.Joins+` WHERE m.integration_id = ? AND m.deleted_at = 0 AND v.deleted_at = 0 AND `+f.Where+` ORDER BY `+f.Order+` LIMIT ? OFFSET ?`, args...)
	if page, err = all(rows, err, scanVersion); err != nil {
		return nil, "", err
	}
	page, next = cutPage(page, q.Limit, offset)
	return page, next, s.tagVersions(ctx, page)
}

// LoggedSearch asks for logged models.
type LoggedSearch struct {
	Experiments []string // keys
	Filter      string
	Order       []LoggedOrder
	On          []MeasuredOn
	Limit       int
	Token       string
}

// SearchLoggedModels finds logged models of a space that are not deleted.
func (s *Store) SearchLoggedModels(ctx context.Context, sp Space, q LoggedSearch) (page []models.LoggedModel, next string, err error) {
	clauses, err := search.LoggedModels.Filter(q.Filter)
	if err != nil {
		return nil, "", err
	}
	offset, err := readOffset(q.Token)
	if err != nil || len(q.Experiments) == 0 {
		return nil, "", err
	}
	f := s.dialect.loggedModelFilter(search.Query{Clauses: clauses}, q.Order, q.On)
	args := slices.Concat(f.JoinArgs, []any{sp.Integration.ID}, ints(q.Experiments), f.WhereArgs, []any{q.Limit + 1, offset})
	rows, err := s.query(ctx, `SELECT `+loggedColumns+` FROM logged_models l JOIN experiments e ON e.id = l.experiment_id`+f.Joins+
		` WHERE l.integration_id = ? AND e.key IN (`+marks(len(q.Experiments))+`) AND l.lifecycle = 'active' AND `+f.Where+` ORDER BY `+f.Order+` LIMIT ? OFFSET ?`, args...)
	if page, err = all(rows, err, scanLogged); err != nil {
		return nil, "", err
	}
	page, next = cutPage(page, q.Limit, offset)
	return page, next, dressLogged(s.asks(ctx), page)
}

// runModels reads the logged models that runs made or read.
func (s *Store) runModels(ctx context.Context, runs []int64, each func(run int64, m models.RunModel)) error {
	return inGroups(runs, func(group []int64) error {
		rows, err := s.query(ctx, `SELECT run_id, model, input, step FROM run_models WHERE run_id IN (`+marks(len(group))+`) ORDER BY run_id, step, model`, ints(group)...)
		_, err = all(rows, err, func(r *sql.Rows, _ *struct{}) error {
			var run int64
			var m models.RunModel
			err := r.Scan(&run, &m.Model, &m.Input, &m.Step)
			each(run, m)
			return err
		})
		return err
	})
}
