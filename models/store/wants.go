package store

import (
	"context"
	"database/sql"
	"time"

	"throughline/models"
)

// The bounds of asking about commits.
const (
	wantsAtOnce = 30
	wantAgain   = 24 * time.Hour // a commit of which nothing was known is asked for again
	wantTries   = 7
	hintsAmong  = 20                 // repositories, beyond which a bare sha is not looked for
	hintsSince  = 7 * 24 * time.Hour // older runs' hints are left alone
)

// Wants are the commits that an integration is to be asked about: of repositories
// that it keeps, named by a run, the pipeline run it was executed in, a version or
// a deployment, and without a pull request; and runs that name a sha without its
// repository. Repositories are matched whatever the case: a run logs its remote's
// spelling, and forges do not tell acme from Acme.
func (s *Store) Wants(ctx context.Context, integration int64) ([]models.Want, error) {
	out, err := s.wantedCommits(ctx, integration)
	if err != nil || len(out) >= wantsAtOnce {
		return out, err
	}
	hints, err := s.wantedHints(ctx, integration, wantsAtOnce-len(out))
	return append(out, hints...), err
}

func (s *Store) asked() (tries int, since int64) {
	return wantTries, s.now().Add(-wantAgain).UnixMilli()
}

func (s *Store) wantedCommits(ctx context.Context, integration int64) ([]models.Want, error) {
	tries, since := s.asked()
	rows, err := s.query(ctx, `SELECT DISTINCT c.id, c.key, r.repository FROM repository_syncs r
 JOIN subjects c ON c.kind = 'commit' AND lower(substr(c.key, 1, length(r.repository) + 1)) = lower(r.repository) || '@'
 JOIN links l ON l.to_id = c.id AND l.relation IN ('built_from', 'deploys') AND l.until_at = 0
 JOIN subjects f ON f.id = l.from_id AND (f.kind IN ('run', 'model_version', 'deployment') OR f.kind = 'pipeline_run'
  AND EXISTS (SELECT 1 FROM links e WHERE e.to_id = f.id AND e.relation = 'executed_in' AND e.until_at = 0))
 WHERE r.integration_id = ? AND r.state = 'ok'
  AND NOT EXISTS (SELECT 1 FROM links p WHERE p.to_id = c.id AND p.relation IN ('contains', 'merged_as') AND p.until_at = 0)
  AND NOT EXISTS (SELECT 1 FROM commit_asks a WHERE a.integration_id = ? AND a.subject_id = c.id AND (a.tries >= ? OR a.asked_at > ?))
 LIMIT `+itoa(wantsAtOnce), integration, integration, tries, since)
	return all(rows, err, func(r *sql.Rows, w *models.Want) error {
		var repository string
		w.Commit.Kind = models.Commit
		err := r.Scan(&w.Subject, &w.Commit.Key, &repository)
		w.Repository = []string{repository}
		_, w.SHA, _ = models.SplitCommit(w.Commit.Key)
		return err
	})
}

// wantedHints are runs of the integration's project that name a bare sha. It is
// looked for in the repositories that the integration keeps, if they are few.
func (s *Store) wantedHints(ctx context.Context, integration int64, most int) ([]models.Want, error) {
	syncs, err := s.RepositorySyncs(ctx, integration)
	if err != nil || len(syncs) == 0 || len(syncs) > hintsAmong {
		return nil, err
	}
	var among []string
	for _, r := range syncs {
		if r.State == models.SyncOK {
			among = append(among, r.Repository)
		}
	}
	tries, since := s.asked()
	rows, err := s.query(ctx, subjectSelect+` JOIN project_subjects p ON p.subject_id = s.id JOIN integrations mine ON mine.id = ? AND mine.project_id = p.project_id
 WHERE s.kind = 'run' AND s.upstream_at > ? AND s.described = 1 AND s.facts LIKE '%"commit_hint"%'
  AND NOT EXISTS (SELECT 1 FROM links b WHERE b.from_id = s.id AND b.relation = 'built_from' AND b.until_at = 0)
  AND NOT EXISTS (SELECT 1 FROM commit_asks a WHERE a.integration_id = ? AND a.subject_id = s.id AND (a.tries >= ? OR a.asked_at > ?))
 ORDER BY s.id DESC LIMIT `+itoa(int64(most)), integration, s.now().Add(-hintsSince).UnixMilli(), integration, tries, since)
	list, err := all(rows, err, scanSubject)
	var out []models.Want
	for _, run := range plain(list) {
		if hint := run.Text("commit_hint"); hint != "" && len(among) > 0 {
			out = append(out, models.Want{Subject: run.ID, SHA: hint, Repository: among})
		}
	}
	return out, err
}

// ApplyAnswers keeps what an integration answered: what it described, that it was
// asked, and of a run with a hint the commit that it meant, as declared.
func (s *Store) ApplyAnswers(ctx context.Context, i Integration, b models.Batch, answers []models.Answer) error {
	in := Inbound{Integration: i, Name: "resolve", Batch: b}
	return s.write(ctx, in.principal(), func(u *unit) error {
		for _, a := range answers {
			if err := u.answered(i.ID, a); err != nil {
				return err
			}
		}
		w, err := u.wave(in, 0)
		if err != nil {
			return err
		}
		for _, a := range answers {
			if err := w.meant(a); err != nil {
				return err
			}
		}
		return w.evaluate()
	})
}

func (u *unit) answered(integration int64, a models.Answer) error {
	_, err := u.exec(`INSERT INTO commit_asks (integration_id, subject_id, tries, asked_at) VALUES (?, ?, 1, ?)
 ON CONFLICT (integration_id, subject_id) DO UPDATE SET tries = commit_asks.tries + 1, asked_at = excluded.asked_at`, integration, a.Want.Subject, u.at())
	return err
}

// meant links a run that hinted at a commit to the one repository that has it.
func (w *wave) meant(a models.Answer) error {
	if a.Want.Commit.Key != "" || a.Commit.Key == "" {
		return nil
	}
	to, err := w.end(w.own(a.Commit))
	if err != nil {
		return err
	}
	run, err := w.load(a.Want.Subject)
	if err != nil {
		return err
	}
	var known int
	if err := w.row(`SELECT COUNT(*) FROM links WHERE from_id = ? AND relation = 'built_from' AND until_at = 0`, []any{run.id}, &known); err != nil || known > 0 {
		return err
	}
	run.dirty = true
	w.touch(run)
	if err := w.insertLink(run.id, to, models.BuiltFrom, models.Declared, "", w.at(), 0); err != nil {
		return err
	}
	return w.answered(w.in.Integration.ID, models.Answer{Want: models.Want{Subject: to}}) // its pull requests were asked for as well
}
