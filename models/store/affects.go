package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"unicode/utf8"

	"throughline/models"
)

// affectedShown limits how many live models a change is shown to reach.
const affectedShown = 50

// AffectedBy lists the live models, as far as the principal sees them, that are
// built from the repository of a pull request, a commit or a repository: first
// those built from its own commits, then versions of its commits that are not
// live yet, then the others of the repository. Models whose code lives elsewhere
// are not affected.
func (s *Store) AffectedBy(ctx context.Context, by models.Principal, subject models.Subject) ([]models.Affected, error) {
	return s.reach(by).of(ctx, subject)
}

// reach remembers what many subjects of one repository have in common, for as
// long as one page or one look takes.
type reach struct {
	*Store
	by     models.Principal
	live   map[string][]origin              // by repository
	lines  map[[2]string]models.Throughline // by environment and model
	owners map[string][]models.Owner        // by model
}

func (s *Store) reach(by models.Principal) *reach {
	return &reach{Store: s, by: by, live: map[string][]origin{}, lines: map[[2]string]models.Throughline{}, owners: map[string][]models.Owner{}}
}

// of is AffectedBy.
func (s *reach) of(ctx context.Context, subject models.Subject) ([]models.Affected, error) {
	commits, err := s.commitsOf(ctx, subject)
	if err != nil {
		return nil, err
	}
	live, err := s.liveOnce(ctx, repositoryOf(subject))
	if err != nil {
		return nil, err
	}
	waiting, err := s.waitingFrom(ctx, commits)
	if err != nil || len(live)+len(waiting) == 0 {
		return nil, err
	}
	out, err := s.affected(ctx, s.by, append(slices.Clip(live), waiting...), commits)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b models.Affected) int {
		return cmp.Or(flag(b.Direct)-flag(a.Direct), flag(a.Environment == "")-flag(b.Environment == ""), flag(models.Serving(b.Environment))-flag(models.Serving(a.Environment)),
			cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.Model, b.Model), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Deployment.ID, b.Deployment.ID))
	})
	out = out[:min(len(out), affectedShown)]
	return out, s.dressAffected(ctx, out)
}

func (s *reach) liveOnce(ctx context.Context, repository string) (out []origin, err error) {
	out, known := s.live[repository]
	if !known {
		out, err = s.liveFrom(ctx, repository)
		s.live[repository] = out
	}
	return out, err
}

// repositoryOf is the key of the repository that a subject of code is about.
func repositoryOf(s models.Subject) string {
	switch s.Ref.Kind {
	case models.Repository:
		return s.Ref.Key
	case models.Commit:
		repository, _, _ := models.SplitCommit(s.Ref.Key)
		return repository
	}
	return models.RepositoryKey(s.Text("repository"))
}

// commitsOf are the commits that a subject of code is, contains or was merged as.
func (s *Store) commitsOf(ctx context.Context, subject models.Subject) (map[int64]bool, error) {
	out := map[int64]bool{}
	if subject.Ref.Kind == models.Commit {
		out[subject.ID] = true
	}
	rows, err := s.query(ctx, `SELECT to_id FROM links WHERE from_id = ? AND relation IN ('contains', 'merged_as') AND until_at = 0`, subject.ID)
	_, err = all(rows, err, func(r *sql.Rows, _ *struct{}) error {
		var id int64
		err := r.Scan(&id)
		out[id] = true
		return err
	})
	return out, err
}

// origin is a version, live or not, with a commit that it was built from.
type origin struct{ deployment, version, commit int64 }

// liveOrigins begins at what is live, which is little among all that ever was.
const liveOrigins = `WITH live AS (SELECT d.subject_id AS deployment, v.id AS version FROM deployments d JOIN subjects s ON s.id = d.subject_id
  JOIN subjects v ON v.kind = 'model_version' AND v.key = d.model || '/' || d.version AND v.integration_id = 0 WHERE s.kind = 'deployment' AND s.state = 'live' AND d.model <> ''),
 run AS (SELECT live.deployment, live.version, same.id FROM live JOIN links l ON l.from_id = live.version AND l.relation = 'produced_by' AND l.until_at = 0
  JOIN subjects r ON r.id = l.to_id JOIN subjects same ON same.kind = 'run' AND same.key = r.key),
 source AS (SELECT deployment, version, deployment AS id FROM live UNION SELECT deployment, version, version FROM live UNION SELECT deployment, version, id FROM run
  UNION SELECT run.deployment, run.version, l.to_id FROM run JOIN links l ON l.from_id = run.id AND l.relation = 'executed_in' AND l.until_at = 0
  UNION SELECT live.deployment, live.version, l.to_id FROM live JOIN links l ON l.from_id = live.deployment AND l.relation = 'deploys' AND l.until_at = 0
   JOIN subjects i ON i.id = l.to_id AND i.kind = 'image'
  UNION SELECT live.deployment, live.version, l.to_id FROM live JOIN links l ON l.from_id = live.version AND l.relation = 'packaged_in' AND l.until_at = 0)
 SELECT DISTINCT source.deployment, source.version, c.id FROM source JOIN links b ON b.from_id = source.id AND b.relation IN ('built_from', 'deploys') AND b.until_at = 0
  JOIN subjects c ON c.id = b.to_id AND c.kind = 'commit' AND substr(c.key, 1, ?) = ?`

// liveFrom are the live deployments of models built from a repository: by their
// own word, their version's, its run's, that of the run's pipeline run, or their image's.
func (s *Store) liveFrom(ctx context.Context, repository string) ([]origin, error) {
	if repository == "" {
		return nil, nil
	}
	prefix := repository + "@"
	rows, err := s.query(ctx, liveOrigins, utf8.RuneCountInString(prefix), prefix)
	return all(rows, err, scanOrigin)
}

// waitingFrom are the versions built from some commits that are live nowhere.
func (s *Store) waitingFrom(ctx context.Context, commits map[int64]bool) ([]origin, error) {
	ids := make([]int64, 0, len(commits))
	for id := range commits {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	ids = ids[:min(len(ids), 200)]
	if len(ids) == 0 {
		return nil, nil
	}
	args := append(ints(ids), ints(ids)...)
	rows, err := s.query(ctx, `SELECT DISTINCT 0, v.id, b.to_id FROM links b JOIN subjects v ON v.id = b.from_id
  WHERE b.relation = 'built_from' AND b.until_at = 0 AND b.to_id IN (`+marks(len(ids))+`) AND v.kind = 'model_version' AND v.state NOT IN ('live', 'retired')
 UNION SELECT 0, v.id, b.to_id FROM links b JOIN subjects r ON r.id = b.from_id AND r.kind = 'run' JOIN subjects same ON same.kind = 'run' AND same.key = r.key
  JOIN links p ON p.to_id = same.id AND p.relation = 'produced_by' AND p.until_at = 0 JOIN subjects v ON v.id = p.from_id AND v.state NOT IN ('live', 'retired')
  WHERE b.relation = 'built_from' AND b.until_at = 0 AND b.to_id IN (`+marks(len(ids))+`)`, args...)
	return all(rows, err, scanOrigin)
}

func scanOrigin(r *sql.Rows, o *origin) error { return r.Scan(&o.deployment, &o.version, &o.commit) }

// affected joins origins with what the principal sees: one for each deployment,
// or version.
func (s *Store) affected(ctx context.Context, by models.Principal, list []origin, commits map[int64]bool) ([]models.Affected, error) {
	best := map[[2]int64]origin{}
	var ids []int64
	for _, o := range list {
		key := [2]int64{o.deployment, o.version}
		if old, known := best[key]; !known || commits[o.commit] && !commits[old.commit] {
			best[key] = o
		}
		ids = append(ids, o.deployment, o.version, o.commit)
	}
	seen, err := s.byID(ctx, by, ids)
	if err != nil {
		return nil, err
	}
	var out []models.Affected
	for _, o := range best {
		version, known := seen[o.version]
		deployment, live := seen[o.deployment]
		commit, named := seen[o.commit]
		if !known || !named || o.deployment != 0 && !live {
			continue
		}
		out = append(out, affectedOf(deployment, version, commit, commits[o.commit]))
	}
	return out, nil
}

func affectedOf(deployment, version, commit models.Subject, direct bool) models.Affected {
	a := models.Affected{Deployment: deployment, Commit: commit, Direct: direct, Evidence: models.Declared, Environment: deployment.Text("environment")}
	a.Model, a.Version, _ = models.SplitVersion(version.Ref.Key)
	repository, sha, _ := models.SplitCommit(commit.Ref.Key)
	a.How = "built from " + models.RepositoryName(repository)
	if direct {
		a.Evidence, a.How = models.Verified, "built from commit "+sha[:min(7, len(sha))]
	}
	return a
}

// dressAffected adds the gaps of each live line, and who answers for the models.
func (s *reach) dressAffected(ctx context.Context, list []models.Affected) (err error) {
	for n := range list {
		a := &list[n]
		if a.Owners, err = s.ownersOnce(ctx, a.Model); err != nil {
			return err
		}
		if a.Environment == "" {
			continue
		}
		line, err := s.lineOnce(ctx, a.Environment, a.Model)
		if err != nil {
			return err
		}
		a.Gaps = line.Gaps
	}
	return nil
}

func (s *reach) ownersOnce(ctx context.Context, model string) (out []models.Owner, err error) {
	out, known := s.owners[model]
	if !known {
		out, err = s.ownersOfRefs(ctx, models.Ref{Kind: models.Model, Key: model})
		s.owners[model] = out
	}
	return out, err
}

// lineOnce is the throughline of a model in an environment, the zero one where
// there is none.
func (s *reach) lineOnce(ctx context.Context, environment, model string) (line models.Throughline, err error) {
	key := [2]string{environment, model}
	line, known := s.lines[key]
	if known {
		return line, nil
	}
	line, err = s.Throughline(ctx, s.by, environment, model)
	if models.CodeOf(err) == models.NotFound {
		err = nil
	}
	s.lines[key] = line
	return line, err
}
