package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"throughline/models"
	"throughline/models/search"
)

// RunFilter limits and orders a list of runs.
type RunFilter struct {
	Text       string // MLflow's grammar, or the short one of search.Words
	Me         string // what @me stands for
	Project    string // key
	Experiment int64
	Deleted    bool         // those that were deleted, too
	Sort       search.Order // the zero Order: the newest start first
	Offset     int
	Limit      int // 0: 50
}

// RunRow is a run in a list. Values are its latest metrics, params and tags by
// column: metric.X, param.X, tag.X.
type RunRow struct {
	Subject        models.Subject
	Experiment     int64
	ExperimentName string
	Name, User     string
	Started, Ended time.Time
	Deleted        bool
	Parent         string // key of the run that it is nested in
	Values         map[string]string
	Commit         string // key of the commit it was built from, or empty
}

// RunList is a page of runs.
type RunList struct {
	Rows  []RunRow
	Total int      // of all pages
	Known []string // the columns that the rows have values for
}

const runListJoin = ` FROM runs r JOIN experiments e ON e.id = r.experiment_id JOIN subjects s ON s.id = r.id JOIN integrations i ON i.id = r.integration_id`

// Runs lists the runs that the principal sees. A filter that can not be read is
// refused with a *search.Error, which says where.
func (s *Store) Runs(ctx context.Context, by models.Principal, f RunFilter) (list RunList, err error) {
	sel, err := s.runSelection(f)
	if err != nil {
		return list, err
	}
	see, args := sight(by)
	sel.Where, sel.WhereArgs = sel.Where+` AND `+see, append(sel.WhereArgs, args...)
	if err := s.row(ctx, `SELECT COUNT(*)`+runListJoin+` WHERE `+sel.Where, sel.WhereArgs, &list.Total); err != nil {
		return list, fmt.Errorf("count runs: %w", err)
	}
	args = slices.Concat(sel.JoinArgs, sel.WhereArgs, []any{clampLimit(f.Limit), f.Offset})
	rows, err := s.query(ctx, `SELECT s.id, s.kind, s.key, s.integration_id, s.title, s.state, s.raw, s.state_at, s.updated_at, i.source, i.name, e.id, e.name, r.name, r.user_name, r.started_at, r.ended_at, r.lifecycle`+
		runListJoin+sel.Joins+` WHERE `+sel.Where+` ORDER BY `+sel.Order+` LIMIT ? OFFSET ?`, args...)
	if list.Rows, err = all(rows, err, scanRunRow); err != nil {
		return list, err
	}
	for n := range list.Rows {
		list.Rows[n].Subject.Stale = s.stale(list.Rows[n].Subject)
	}
	return list, s.dressRunRows(ctx, &list)
}

func clampLimit(n int) int {
	if n <= 0 {
		return 50
	}
	return min(n, 10000)
}

// runSelection is the filter as conditions.
func (s *Store) runSelection(f RunFilter) (selection, error) {
	q := search.Query{}
	var words []search.Word
	var err error
	if search.IsExpression(f.Text) {
		q.Clauses, err = search.Runs.Filter(f.Text)
	} else {
		words, err = search.RunFields.Words(f.Text, f.Me, s.now())
	}
	if err != nil {
		return selection{}, err
	}
	if f.Sort.Key != "" {
		q.Order = []search.Order{f.Sort}
	}
	return s.dialect.runWords(q, words, f)
}

// runWords is a filter of both grammars, in an experiment or a project.
func (d dialect) runWords(q search.Query, words []search.Word, f RunFilter) (selection, error) {
	out := &filtered{dialect: d, selection: d.runFilter(q)}
	for _, w := range words {
		if err := out.word(w); err != nil {
			return selection{}, err
		}
	}
	if !f.Deleted {
		out.and(`r.lifecycle = 'active'`)
	}
	if f.Experiment != 0 {
		out.and(`r.experiment_id = ?`, f.Experiment)
	}
	if f.Project != "" {
		out.and(`EXISTS (SELECT 1 FROM project_subjects x JOIN projects p ON p.id = x.project_id WHERE x.subject_id = r.id AND p.key = ?)`, f.Project)
	}
	return out.selection, nil
}

func scanRunRow(r *sql.Rows, row *RunRow) error {
	s := &row.Subject
	var state, updated, started, ended int64
	var lifecycle string
	err := r.Scan(&s.ID, &s.Ref.Kind, &s.Ref.Key, &s.Ref.Integration, &s.Title, &s.State, &s.Raw, &state, &updated, &s.Source, &s.Integration,
		&row.Experiment, &row.ExperimentName, &row.Name, &row.User, &started, &ended, &lifecycle)
	s.StateAt, s.UpdatedAt, row.Started, row.Ended = moment(state), moment(updated), moment(started), moment(ended)
	row.Deleted, row.Values = lifecycle == models.LifecycleDeleted, map[string]string{}
	return err
}

// dressRunRows adds values, parents and commits.
func (s *Store) dressRunRows(ctx context.Context, list *RunList) error {
	at := make(map[int64]*RunRow, len(list.Rows))
	ids := make([]int64, len(list.Rows))
	for n := range list.Rows {
		at[list.Rows[n].Subject.ID], ids[n] = &list.Rows[n], list.Rows[n].Subject.ID
	}
	put := func(kind string) func(int64, models.Pair) {
		return func(id int64, p models.Pair) {
			at[id].Values[kind+p.Key] = p.Value
			if p.Key == "mlflow.parentRunId" {
				at[id].Parent = p.Value
			}
		}
	}
	err := errors.Join(
		s.pairsOf(ctx, `SELECT run_id, key, value FROM run_params WHERE run_id`, ids, put("param.")),
		s.pairsOf(ctx, `SELECT run_id, key, value FROM run_tags WHERE run_id`, ids, put("tag.")),
		s.latestOf(ctx, ids, func(id int64, m models.Metric) { at[id].Values["metric."+m.Key] = models.PlainNumber(m.Value) }),
		s.codeOf(ctx, ids, func(id int64, key string) { at[id].Commit = key }))
	list.Known = knownColumns(list.Rows)
	return err
}

// codeOf are the commits that runs were built from.
func (s *Store) codeOf(ctx context.Context, ids []int64, each func(id int64, key string)) error {
	return s.pairsOf(ctx, `SELECT l.from_id, x.key, '' FROM links l JOIN subjects x ON x.id = l.to_id WHERE l.relation = 'built_from' AND l.until_at = 0 AND x.kind = 'commit' AND l.from_id`, ids,
		func(id int64, p models.Pair) { each(id, p.Key) })
}

// knownColumns are the columns that any row has a value for, the telling first.
func knownColumns(rows []RunRow) []string {
	values := map[string]map[string]bool{}
	for _, r := range rows {
		for name, v := range r.Values {
			if values[name] == nil {
				values[name] = map[string]bool{}
			}
			values[name][v] = true
		}
	}
	var out []string
	for name := range values {
		out = append(out, name)
	}
	slices.SortFunc(out, func(a, b string) int { return compareColumns(a, b, len(values[a]), len(values[b])) })
	return out
}

// compareColumns orders metrics before params before tags, headlines first, and
// what differs before what is the same everywhere.
func compareColumns(a, b string, differ, other int) int {
	kinds := func(name string) int { return strings.Index("metric param tag", name[:strings.IndexByte(name, '.')]) }
	same := func(n int) int { return flag(n < 2) }
	rest := func(name string) string { return name[strings.IndexByte(name, '.')+1:] }
	for _, d := range []int{kinds(a) - kinds(b), models.MetricPlace(rest(a)) - models.MetricPlace(rest(b)), same(differ) - same(other)} {
		if d != 0 {
			return d
		}
	}
	return strings.Compare(a, b)
}

// ListedExperiment is an experiment to choose from.
type ListedExperiment struct {
	ID            int64
	Name, Project string
	Runs          int
}

// Experiments are those with runs that the principal sees, by name.
func (s *Store) Experiments(ctx context.Context, by models.Principal) ([]ListedExperiment, error) {
	see, args := sight(by)
	rows, err := s.query(ctx, `SELECT e.id, e.name, p.key, COUNT(*) FROM runs r JOIN experiments e ON e.id = r.experiment_id JOIN integrations i ON i.id = e.integration_id
 JOIN projects p ON p.id = i.project_id JOIN subjects s ON s.id = r.id WHERE e.lifecycle = 'active' AND `+see+` GROUP BY e.id, e.name, p.key ORDER BY e.name, p.key LIMIT 500`, args...)
	return all(rows, err, func(r *sql.Rows, e *ListedExperiment) error { return r.Scan(&e.ID, &e.Name, &e.Project, &e.Runs) })
}

// CommitsBehind are the keys of the commits that runs were built from, by the runs' ids.
func (s *Store) CommitsBehind(ctx context.Context, runs []int64) (map[int64]string, error) {
	out := make(map[int64]string, len(runs))
	return out, s.codeOf(ctx, runs, func(id int64, key string) { out[id] = key })
}
