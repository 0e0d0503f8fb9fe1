package store

import (
	"context"
	"database/sql"
	"fmt"

	"throughline/models"
)

// synced keeps what a poll says of its import and of its repositories.
func (u *unit) synced(integration int64, b models.Batch) error {
	if b.Progress != nil {
		if _, err := u.exec(`UPDATE integrations SET progress = ? WHERE id = ?`, encode(b.Progress), integration); err != nil {
			return fmt.Errorf("keep the progress: %w", err)
		}
	}
	for _, r := range b.Repositories {
		_, err := u.exec(`INSERT INTO repository_syncs (integration_id, repository, state, error, hook, synced_at) VALUES (?, ?, ?, ?, ?, ?)
 ON CONFLICT (integration_id, repository) DO UPDATE SET state = excluded.state, error = excluded.error, hook = excluded.hook, synced_at = excluded.synced_at`,
			integration, clean(r.Repository), r.State, cut(clean(r.Error), 500), r.Hook, millis(r.SyncedAt))
		if err != nil {
			return fmt.Errorf("keep how %s fares: %w", r.Repository, err)
		}
	}
	return nil
}

// RepositorySyncs lists how an integration fares with each of its repositories.
func (s *Store) RepositorySyncs(ctx context.Context, integration int64) ([]models.RepositorySync, error) {
	rows, err := s.query(ctx, `SELECT r.repository, i.source || '/' || i.name, r.state, r.error, r.hook, r.synced_at
 FROM repository_syncs r JOIN integrations i ON i.id = r.integration_id WHERE r.integration_id = ? ORDER BY r.repository`, integration)
	list, err := all(rows, err, func(r *sql.Rows, o *models.RepositorySync) error {
		var at int64
		err := r.Scan(&o.Repository, &o.Integration, &o.State, &o.Error, &o.Hook, &at)
		o.SyncedAt = moment(at)
		return err
	})
	if err != nil {
		return nil, err
	}
	counts, err := s.pullCounts(ctx, `integration_id = ?`, integration)
	for n := range list {
		list[n].Pulls = counts[list[n].Repository].all
	}
	return list, err
}

// HaltSync stops asking a source until ResumeSync; what it posts is still heard.
func (s *Store) HaltSync(ctx context.Context, by models.Principal, id int64) error {
	return s.changeSync(ctx, by, id, "integration.halted", func(u *unit) error {
		_, err := u.exec(`UPDATE integrations SET halted_at = ? WHERE id = ? AND halted_at = 0`, u.at(), id)
		return err
	})
}

// ResumeSync asks a halted source again, from where it stood.
func (s *Store) ResumeSync(ctx context.Context, by models.Principal, id int64) error {
	return s.changeSync(ctx, by, id, "integration.resumed", func(u *unit) error {
		_, err := u.exec(`UPDATE integrations SET halted_at = 0 WHERE id = ?`, id)
		return err
	})
}

// RestartSync forgets how far a source was asked, so that all is asked again.
// Nothing that is known is lost.
func (s *Store) RestartSync(ctx context.Context, by models.Principal, id int64) error {
	return s.changeSync(ctx, by, id, "integration.restarted", func(u *unit) error {
		_, err := u.exec(`UPDATE integrations SET cursor = '', progress = '{}', halted_at = 0 WHERE id = ?`, id)
		return err
	})
}

func (s *Store) changeSync(ctx context.Context, by models.Principal, id int64, action string, do func(*unit) error) error {
	old, err := s.integration(ctx, `i.id = ?`, id)
	if err != nil {
		return err
	}
	defer s.named.Delete(old.Label())
	return s.write(ctx, by, func(u *unit) error {
		if err := do(u); err != nil {
			return err
		}
		_, err := u.record(old.ProjectID, 0, action, map[string]any{"integration": old.Label()})
		return err
	})
}
