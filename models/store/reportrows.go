package store

import (
	"cmp"
	"context"
	"database/sql"
	"strconv"

	"throughline/models"
)

const reportSelect = `SELECT r.id, r.integration_id, r.subject_id, s.kind, s.key, r.kind, r.target, r.sent, r.upstream_id, r.url, r.error, r.attempts, r.tried_at, r.next_at, r.sent_at
 FROM reports r JOIN subjects s ON s.id = r.subject_id WHERE `

func scanReport(rows *sql.Rows, r *models.Report) error {
	err := rows.Scan(&r.ID, &r.Integration, &r.SubjectID, &r.Subject.Kind, &r.Subject.Key, &r.Kind, &r.Target, &r.Sent, &r.Upstream, &r.URL, &r.Problem,
		&r.Tries, scanTime{&r.TriedAt}, scanTime{&r.NextAt}, scanTime{&r.SentAt})
	if r.Kind == models.ReportStatus {
		r.Repository, r.SHA, _ = models.SplitCommit(r.Subject.Key)
	}
	return err
}

func (k reportKey) compare(o reportKey) int {
	return cmp.Or(cmp.Compare(k.subject, o.subject), cmp.Compare(k.target, o.target))
}

// Reports are what the upstream of an integration was told last, the newest first,
// with the cursor of the next page.
func (s *Store) Reports(ctx context.Context, integration int64, after string, limit int) ([]models.Report, string, error) {
	where, args := `r.integration_id = ?`, []any{integration}
	if after != "" {
		at, id, err := readCursor(after)
		if err != nil {
			return nil, "", err
		}
		where, args = where+` AND (r.tried_at < ? OR r.tried_at = ? AND r.id < ?)`, append(args, at, at, id)
	}
	size := pageSize(limit)
	rows, err := s.query(ctx, reportSelect+where+` ORDER BY r.tried_at DESC, r.id DESC LIMIT `+strconv.Itoa(size+1), args...)
	list, err := all(rows, err, scanReport)
	if err != nil || len(list) <= size {
		return list, "", err
	}
	list = list[:size]
	return list, cursor(millis(list[size-1].TriedAt), list[size-1].ID), nil
}

// toldOf are the reports of some subjects.
func (s *Store) toldOf(ctx context.Context, integration int64, subjects []int64) (map[reportKey]models.Report, error) {
	out := map[reportKey]models.Report{}
	for len(subjects) > 0 {
		part := subjects[:min(len(subjects), 500)]
		subjects = subjects[len(part):]
		rows, err := s.query(ctx, reportSelect+`r.integration_id = ? AND r.subject_id IN (`+marks(len(part))+`)`, append([]any{integration}, ints(part)...)...)
		if err := collect(out, rows, err); err != nil {
			return nil, err
		}
	}
	return out, nil
}

const statusesKept = 1000 // of deployed commits, those told of last

func (s *Store) toldStatuses(ctx context.Context, integration int64) (map[reportKey]models.Report, error) {
	out := map[reportKey]models.Report{}
	rows, err := s.query(ctx, reportSelect+`r.integration_id = ? AND r.kind = 'status' ORDER BY r.tried_at DESC LIMIT `+strconv.Itoa(statusesKept), integration)
	return out, collect(out, rows, err)
}

func collect(out map[reportKey]models.Report, rows *sql.Rows, err error) error {
	list, err := all(rows, err, scanReport)
	for _, r := range list {
		out[reportKeyOf(r)] = r
	}
	return err
}

// KeepReport keeps what became of a report. That is no act of anybody: it leaves
// no activity, as little as a poll does.
func (s *Store) KeepReport(ctx context.Context, r models.Report) error {
	return s.write(ctx, models.Principal{IntegrationID: r.Integration, Name: "Throughline"}, func(u *unit) error {
		_, err := u.exec(`INSERT INTO reports (integration_id, subject_id, kind, target, sent, upstream_id, url, error, attempts, tried_at, next_at, sent_at)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (integration_id, subject_id, kind, target) DO UPDATE SET sent = excluded.sent, upstream_id = excluded.upstream_id,
 url = excluded.url, error = excluded.error, attempts = excluded.attempts, tried_at = excluded.tried_at, next_at = excluded.next_at, sent_at = excluded.sent_at`,
			r.Integration, r.SubjectID, r.Kind, r.Target, r.Sent, clean(r.Upstream), webAddress(r.URL), cut(clean(r.Problem), 500), r.Tries,
			millis(r.TriedAt), millis(r.NextAt), millis(r.SentAt))
		return err
	})
}
