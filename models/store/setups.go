package store

import (
	"context"
	"database/sql"
	"errors"

	"throughline/models"
)

// Setup is how far the connection of an integration has come; the zero Setup
// where nothing was checked or made yet.
func (s *Store) Setup(ctx context.Context, integration int64) (out models.Setup, err error) {
	var findings, hooks string
	err = s.row(ctx, `SELECT findings, problem, checked_at, hooks, hooked_at FROM integration_setups WHERE integration_id = ?`, []any{integration},
		&findings, &out.Problem, scanTime{&out.CheckedAt}, &hooks, scanTime{&out.HookedAt})
	if errors.Is(err, sql.ErrNoRows) {
		return out, nil
	}
	decode(findings, &out.Findings)
	decode(hooks, &out.Hooks)
	return out, err
}

// KeepCheck keeps what a check of an integration found, or why it could not be
// made. A check that the hub makes by itself is no act of anybody: it leaves no
// activity, as little as a poll does.
func (s *Store) KeepCheck(ctx context.Context, by models.Principal, id int64, findings []models.Finding, problem string) error {
	missing := models.Setup{Findings: findings}.Missing()
	return s.keepSetup(ctx, by, id, "integration.checked", map[string]any{"missing": missing}, func(u *unit) error {
		_, err := u.exec(`INSERT INTO integration_setups (integration_id, findings, problem, checked_at) VALUES (?, ?, ?, ?)
 ON CONFLICT (integration_id) DO UPDATE SET findings = excluded.findings, problem = excluded.problem, checked_at = excluded.checked_at`,
			id, encode(findings), cut(clean(problem), 500), u.at())
		return err
	})
}

// KeepHooks keeps which webhooks of an integration were made at its upstream.
func (s *Store) KeepHooks(ctx context.Context, by models.Principal, id int64, hooks []models.HookMade) error {
	where := []string{}
	for _, h := range hooks {
		if h.Done != "refused" && len(where) < 20 {
			where = append(where, h.Where)
		}
	}
	return s.keepSetup(ctx, by, id, "integration.hooked", map[string]any{"where": where}, func(u *unit) error {
		_, err := u.exec(`INSERT INTO integration_setups (integration_id, hooks, hooked_at) VALUES (?, ?, ?)
 ON CONFLICT (integration_id) DO UPDATE SET hooks = excluded.hooks, hooked_at = excluded.hooked_at`, id, encode(hooks), u.at())
		return err
	})
}

func (s *Store) keepSetup(ctx context.Context, by models.Principal, id int64, action string, detail map[string]any, do func(*unit) error) error {
	of, err := s.integration(ctx, `i.id = ?`, id)
	if err != nil {
		return err
	}
	return s.write(ctx, by, func(u *unit) error {
		if err := do(u); err != nil || by.IntegrationID != 0 {
			return err
		}
		detail["integration"] = of.Label()
		_, err := u.record(of.ProjectID, 0, action, detail)
		return err
	})
}
