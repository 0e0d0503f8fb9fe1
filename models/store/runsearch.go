package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"

	"throughline/models"
	"throughline/models/search"
)

// View says which of what was deleted a search finds: MLflow's words.
type View string

// The views. Empty is ActiveOnly.
const (
	ActiveOnly  View = "ACTIVE_ONLY"
	DeletedOnly View = "DELETED_ONLY"
	All         View = "ALL"
)

// lifecycles are the stages that a view shows.
func (v View) lifecycles() ([]any, error) {
	switch v {
	case "", ActiveOnly:
		return []any{models.LifecycleActive}, nil
	case DeletedOnly:
		return []any{models.LifecycleDeleted}, nil
	case All:
		return []any{models.LifecycleActive, models.LifecycleDeleted}, nil
	}
	return nil, models.Errorf(models.Invalid, "Invalid view type %q: it is one of ACTIVE_ONLY, DELETED_ONLY, ALL.", shorten(string(v)))
}

// SpaceSearch asks for runs or experiments of a space in MLflow's own grammar.
type SpaceSearch struct {
	Experiments []string // keys; of runs only, and then there is none without
	Filter      string
	Order       []string
	View        View
	Limit       int
	Token       string // of the page before
}

// SearchRuns finds runs of a space; next is the token of the page after, empty at
// the end.
func (s *Store) SearchRuns(ctx context.Context, sp Space, q SpaceSearch) (page []models.TrackedRun, next string, err error) {
	parsed, err := search.Runs.Query(q.Filter, q.Order)
	if err != nil {
		return nil, "", err
	}
	stages, err := q.View.lifecycles()
	if err != nil {
		return nil, "", err
	}
	offset, err := readOffset(q.Token)
	if err != nil || len(q.Experiments) == 0 {
		return nil, "", err
	}
	f := s.dialect.runFilter(parsed)
	args := slices.Concat(f.JoinArgs, []any{sp.Integration.ID}, ints(q.Experiments), stages, f.WhereArgs, []any{q.Limit + 1, offset})
	rows, err := s.query(ctx, `SELECT `+trackedRunColumns+` FROM runs r JOIN experiments e ON e.id = r.experiment_id`+f.Joins+
		` WHERE r.integration_id = ? AND e.key IN (`+marks(len(q.Experiments))+`) AND r.lifecycle IN (`+marks(len(stages))+`) AND `+f.Where+` ORDER BY `+f.Order+` LIMIT ? OFFSET ?`, args...)
	page, err = all(rows, err, scanTrackedRun)
	if err != nil {
		return nil, "", err
	}
	page, next = cutPage(page, q.Limit, offset)
	return page, next, s.dressRuns(ctx, page)
}

// SearchExperiments finds experiments of a space.
func (s *Store) SearchExperiments(ctx context.Context, sp Space, q SpaceSearch) (page []models.TrackedExperiment, next string, err error) {
	parsed, err := search.Experiments.Query(q.Filter, q.Order)
	if err != nil {
		return nil, "", err
	}
	stages, err := q.View.lifecycles()
	if err != nil {
		return nil, "", err
	}
	offset, err := readOffset(q.Token)
	if err != nil {
		return nil, "", err
	}
	f := s.dialect.experimentFilter(parsed)
	args := slices.Concat(f.JoinArgs, []any{sp.Integration.ID}, stages, f.WhereArgs, []any{q.Limit + 1, offset})
	rows, err := s.query(ctx, `SELECT e.id, e.integration_id, e.key, e.name, e.artifact_location, e.lifecycle, e.created_at, e.updated_at FROM experiments e`+f.Joins+
		` WHERE e.integration_id = ? AND e.lifecycle IN (`+marks(len(stages))+`) AND `+f.Where+` ORDER BY `+f.Order+` LIMIT ? OFFSET ?`, args...)
	page, err = all(rows, err, scanExperimentRow)
	if err != nil {
		return nil, "", err
	}
	page, next = cutPage(page, q.Limit, offset)
	return page, next, s.dressExperiments(ctx, page)
}

// cutPage takes the one too many off, which tells that there is a page after.
func cutPage[T any](list []T, limit int, offset int64) ([]T, string) {
	if len(list) <= limit {
		return list, ""
	}
	text, _ := json.Marshal(map[string]int64{"offset": offset + int64(limit)})
	return list[:limit], base64.StdEncoding.EncodeToString(text)
}

// readOffset reads a page's token: MLflow's own clients never look into it, but
// some people's do.
func readOffset(token string) (int64, error) {
	if token == "" {
		return 0, nil
	}
	text, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return 0, models.Errorf(models.Invalid, "Invalid page token, could not base64-decode")
	}
	var at struct{ Offset *int64 }
	if json.Unmarshal(text, &at) != nil || at.Offset == nil || *at.Offset < 0 {
		return 0, models.Errorf(models.Invalid, "Invalid page token, parsed value does not have an offset")
	}
	return *at.Offset, nil
}
