package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"throughline/models"
)

// Repository is one repository of a project and how its truth is kept.
type Repository struct {
	Subject models.Subject // ID 0 where no source has described it yet
	Sync    models.RepositorySync
	Pulls   int // pull requests known
	Open    int // of them open or draft
	Owners  []models.Owner

	ActiveAt time.Time // when the newest of its pull requests last changed
}

// Repositories lists the repositories of a project by name: those that an
// integration is to keep, and those that only webhooks told of. Where several
// integrations keep one, the freshest counts.
func (s *Store) Repositories(ctx context.Context, by models.Principal, project int64) ([]Repository, error) {
	rows, err := s.query(ctx, `SELECT n.repository, COALESCE(r.state, ''), COALESCE(r.error, ''), COALESCE(r.hook, ''), COALESCE(r.synced_at, 0), COALESCE(i.source || '/' || i.name, '')
 FROM (SELECT r.repository FROM repository_syncs r JOIN integrations i ON i.id = r.integration_id WHERE i.project_id = ? AND i.deleted_at = 0
  UNION SELECT s.key FROM subjects s JOIN project_subjects p ON p.subject_id = s.id WHERE s.kind = 'repository' AND s.described = 1 AND p.project_id = ?) n
 LEFT JOIN repository_syncs r ON r.repository = n.repository AND r.integration_id = (SELECT x.integration_id FROM repository_syncs x JOIN integrations xi ON xi.id = x.integration_id
  WHERE x.repository = n.repository AND xi.project_id = ? AND xi.deleted_at = 0 ORDER BY x.synced_at DESC, x.integration_id LIMIT 1)
 LEFT JOIN integrations i ON i.id = r.integration_id`, project, project, project)
	list, err := all(rows, err, func(r *sql.Rows, o *Repository) error {
		var at int64
		err := r.Scan(&o.Sync.Repository, &o.Sync.State, &o.Sync.Error, &o.Sync.Hook, &at, &o.Sync.Integration)
		o.Sync.SyncedAt = moment(at)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b Repository) int { return strings.Compare(a.Sync.Repository, b.Sync.Repository) }) // in bytes: cursors compare so
	return list, s.dressRepositories(ctx, by, project, list)
}

// dressRepositories adds the subjects, their owners and the counts.
func (s *Store) dressRepositories(ctx context.Context, by models.Principal, project int64, list []Repository) error {
	see, args := sight(by)
	rows, err := s.query(ctx, subjectSelect+` WHERE s.kind = 'repository' AND s.described = 1 AND EXISTS (SELECT 1 FROM project_subjects p WHERE p.subject_id = s.id AND p.project_id = ?) AND `+see,
		append([]any{project}, args...)...)
	subjects, err := all(rows, err, scanSubject)
	if err != nil {
		return err
	}
	found, byID := map[string]models.Subject{}, []int64{}
	for _, one := range s.fresh(subjects) {
		found[one.Ref.Key] = one
		byID = append(byID, one.ID)
	}
	owners, err := s.ownersOf(ctx, byID)
	if err != nil {
		return err
	}
	counts, err := s.pullCounts(ctx, `integration_id IN (SELECT id FROM integrations WHERE project_id = ?)`, project)
	for n := range list {
		r := &list[n]
		r.Subject = found[r.Sync.Repository]
		r.Owners = owners[r.Subject.ID]
		r.Pulls, r.Open, r.ActiveAt = counts[r.Sync.Repository].all, counts[r.Sync.Repository].open, counts[r.Sync.Repository].newest
	}
	return err
}

type pullCount struct {
	all, open int
	newest    time.Time
}

// pullCounts counts the pull requests of each repository, in one pass.
func (s *Store) pullCounts(ctx context.Context, where string, args ...any) (map[string]pullCount, error) {
	position := "instr"
	if s.dialect.numbers {
		position = "strpos"
	}
	rows, err := s.query(ctx, `SELECT substr(key, 1, `+position+`(key, '#') - 1), COUNT(*), SUM(CASE WHEN state IN ('open', 'draft') THEN 1 ELSE 0 END), MAX(upstream_at)
 FROM subjects WHERE kind = 'pull_request' AND described = 1 AND `+where+` GROUP BY 1`, args...)
	out := map[string]pullCount{}
	_, err = all(rows, err, func(r *sql.Rows, _ *struct{}) error {
		var name string
		var c pullCount
		var newest int64
		err := r.Scan(&name, &c.all, &c.open, &newest)
		c.newest = moment(newest)
		out[models.RepositoryKey(name)] = c
		return err
	})
	return out, err
}
