package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"throughline/models"
)

// openShown limits how many open pull requests the page of a repository gets.
const openShown = 50

// RepositoryNow is how a repository stands: who asks for it and how that goes, and
// its pull requests.
type RepositoryNow struct {
	Syncs []models.RepositorySync // the freshest first
	Open  []models.Subject        // open and draft pull requests, the newest first
	Pulls int                     // all that are known
}

// RepositoryNow tells how the repository with the key stands, as far as the
// principal sees it.
func (s *Store) RepositoryNow(ctx context.Context, by models.Principal, key string) (now RepositoryNow, err error) {
	if now.Syncs, err = s.syncsOf(ctx, by, key); err != nil {
		return now, err
	}
	see, args := sight(by)
	prefix := models.PullRequestKey(key, "")
	mine := ` FROM subjects s LEFT JOIN integrations i ON i.id = s.integration_id WHERE s.kind = 'pull_request' AND s.described = 1 AND substr(s.key, 1, ?) = ? AND ` + see
	args = append([]any{len([]rune(prefix)), prefix}, args...)
	if err = s.row(ctx, `SELECT COUNT(*)`+mine, args, &now.Pulls); err != nil {
		return now, err
	}
	columns, _, _ := strings.Cut(subjectSelect, " FROM subjects s")
	rows, err := s.query(ctx, columns+mine+` AND s.state IN ('open', 'draft') ORDER BY s.upstream_at DESC, s.id DESC LIMIT `+strconv.Itoa(openShown), args...)
	list, err := all(rows, err, scanSubject)
	now.Open = s.fresh(list)
	return now, err
}

// syncsOf are the integrations that keep a repository, of projects that the
// principal sees.
func (s *Store) syncsOf(ctx context.Context, by models.Principal, key string) ([]models.RepositorySync, error) {
	where, args := `1 = 1`, []any{key}
	if ids, everything := by.Visible(); !everything {
		if len(ids) == 0 {
			return nil, nil
		}
		where, args = `i.project_id IN (`+marks(len(ids))+`)`, append(args, ints(ids)...)
	}
	rows, err := s.query(ctx, `SELECT r.repository, i.source || '/' || i.name, r.state, r.error, r.hook, r.synced_at FROM repository_syncs r
 JOIN integrations i ON i.id = r.integration_id WHERE r.repository = ? AND i.deleted_at = 0 AND `+where+` ORDER BY r.synced_at DESC, i.source, i.name`, args...)
	return all(rows, err, scanSync)
}

func scanSync(r *sql.Rows, o *models.RepositorySync) error {
	var at int64
	err := r.Scan(&o.Repository, &o.Integration, &o.State, &o.Error, &o.Hook, &at)
	o.SyncedAt = moment(at)
	return err
}
