package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"throughline/models"
)

// ChangeOf is what a pull request consists of and what was built from it, as far
// as the principal sees it.
func (s *Store) ChangeOf(ctx context.Context, by models.Principal, pull int64) (c models.ChangeSet, err error) {
	links, err := s.linksWhere(ctx, by, `l.from_id = ? AND l.relation IN ('contains', 'merged_as')`, pull)
	if err != nil {
		return c, err
	}
	c.Commits = ends(links, func(l models.Link) models.Subject { return l.To }, models.Commit)
	if c.Pipelines, err = s.builtFrom(ctx, by, models.PipelineRun, c.Commits); err != nil {
		return c, err
	}
	if c.Runs, err = s.builtFrom(ctx, by, models.Run, c.Commits); err != nil || len(c.Pipelines) == 0 {
		return c, err
	}
	executed, err := s.linksWhere(ctx, by, `l.relation = 'executed_in' AND l.to_id IN (`+marks(len(c.Pipelines))+`)`, subjectIDs(c.Pipelines)...)
	c.Runs = once(append(c.Runs, ends(executed, from, models.Run)...))
	newestFirst(c.Runs)
	return c, err
}

// builtFrom are the subjects of a kind that were built from any of the commits, the
// newest first.
func (s *Store) builtFrom(ctx context.Context, by models.Principal, kind models.Kind, commits []models.Subject) ([]models.Subject, error) {
	if len(commits) == 0 {
		return nil, nil
	}
	links, err := s.linksWhere(ctx, by, `l.relation = 'built_from' AND l.to_id IN (`+marks(len(commits))+`) AND l.from_id IN (SELECT id FROM subjects WHERE kind = ?)`,
		append(subjectIDs(commits), kind)...)
	found := ends(links, from, kind)
	newestFirst(found)
	return found, err
}

func from(l models.Link) models.Subject { return l.From }

// ends are the described subjects of a kind at one end of links, each once.
// Commits count although nobody described them.
func ends(links []models.Link, end func(models.Link) models.Subject, kind models.Kind) (out []models.Subject) {
	for _, l := range links {
		if e := end(l); e.Ref.Kind == kind && (e.Described || kind == models.Commit) {
			out = append(out, e)
		}
	}
	return once(out)
}

func once(list []models.Subject) (out []models.Subject) {
	seen := map[int64]bool{}
	for _, one := range list {
		if !seen[one.ID] {
			seen[one.ID] = true
			out = append(out, one)
		}
	}
	return out
}

func subjectIDs(list []models.Subject) []any {
	out := make([]any, len(list))
	for i, one := range list {
		out[i] = one.ID
	}
	return out
}

// newestFirst orders what runs by its start.
func newestFirst(list []models.Subject) {
	slices.SortStableFunc(list, func(a, b models.Subject) int { return cmp.Or(begun(b).Compare(begun(a)), cmp.Compare(b.ID, a.ID)) })
}

func begun(s models.Subject) time.Time {
	if at, err := time.Parse(time.RFC3339, s.Text("started_at")); err == nil {
		return at
	}
	return s.StateAt
}

// RunsCompared is how many runs of a pull request are set beside the champion.
const RunsCompared = 5

// Comparisons sets the newest runs of a pull request beside what is live, one
// comparison for each experiment. The number of questions to the database does
// not depend on how much there is.
func (s *Store) Comparisons(ctx context.Context, by models.Principal, pull int64, runs []models.Subject) ([]models.Comparison, error) {
	runs = runs[:min(len(runs), RunsCompared)]
	if len(runs) == 0 {
		return nil, nil
	}
	champions, err := s.champions(ctx, by, pull)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(runs)
	for _, c := range champions {
		all = append(all, c.Run)
	}
	of, err := s.contenders(ctx, by, once(all))
	if err != nil {
		return nil, err
	}
	var out []models.Comparison
	for _, group := range byExperiment(runs, of) {
		out = append(out, models.Compare(group[0].Run.Text("experiment"), championOf(champions, group, of), group))
	}
	return out, nil
}

// contenders are runs with their versions and their data, by id.
func (s *Store) contenders(ctx context.Context, by models.Principal, runs []models.Subject) (map[int64]models.Contender, error) {
	out := make(map[int64]models.Contender, len(runs))
	for _, r := range runs {
		out[r.ID] = models.Contender{Run: r}
	}
	twin, err := s.twins(ctx, by, runs)
	if err != nil {
		return nil, err
	}
	ids := make([]any, 0, len(twin))
	for id := range twin {
		ids = append(ids, id)
	}
	data, err := s.linksWhere(ctx, by, `l.relation IN ('trained_on', 'evaluated_on') AND l.from_id IN (`+marks(len(ids))+`)`, ids...)
	if err != nil {
		return nil, err
	}
	for _, l := range data {
		c := out[twin[l.From.ID]]
		c.Data = append(c.Data, l)
		out[twin[l.From.ID]] = c
	}
	versions, err := s.linksWhere(ctx, by, `l.relation = 'produced_by' AND l.to_id IN (`+marks(len(ids))+`)`, ids...)
	for _, l := range versions {
		c := out[twin[l.To.ID]]
		if v := l.From; c.Version == nil { // the newest
			c.Version = &v
		}
		out[twin[l.To.ID]] = c
	}
	return out, err
}

// twins leads from every subject that has the key of one of the runs to that run: a
// registry may name a run by the id under which another integration describes it.
func (s *Store) twins(ctx context.Context, by models.Principal, runs []models.Subject) (map[int64]int64, error) {
	keys, known := make([]any, len(runs)), map[string]int64{}
	for i, r := range runs {
		keys[i] = r.Ref.Key
		known[r.Ref.Key] = r.ID
	}
	see, args := sight(by)
	rows, err := s.query(ctx, subjectSelect+` WHERE s.kind = 'run' AND s.key IN (`+marks(len(keys))+`) AND `+see, append(keys, args...)...)
	list, err := all(rows, err, scanSubject)
	out := map[int64]int64{}
	for _, one := range list {
		out[one.ID] = known[one.Ref.Key]
	}
	for _, r := range runs {
		out[r.ID] = r.ID
	}
	return out, err
}

func byExperiment(runs []models.Subject, of map[int64]models.Contender) (groups [][]models.Contender) {
	at := map[string]int{}
	for _, r := range runs {
		i, known := at[r.Text("experiment")]
		if !known {
			i = len(groups)
			at[r.Text("experiment")] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], of[r.ID])
	}
	return groups
}

// championOf is the first champion of the group's model, or else of its experiment.
func championOf(list []models.Champion, group []models.Contender, of map[int64]models.Contender) *models.Champion {
	model := ""
	for _, c := range group {
		if c.Version != nil && model == "" {
			model, _, _ = models.SplitVersion(c.Version.Ref.Key)
		}
	}
	for _, same := range []func(models.Champion) bool{
		func(c models.Champion) bool { return model != "" && c.Model == model },
		func(c models.Champion) bool {
			return model == "" && c.Run.Text("experiment") != "" && c.Run.Text("experiment") == group[0].Run.Text("experiment")
		},
	} {
		if i := slices.IndexFunc(list, same); i >= 0 {
			c, version := list[i], list[i].Version
			c.Contender = of[c.Run.ID]
			c.Version = version
			return &c
		}
	}
	return nil
}
