package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"throughline/models"
)

const (
	pullsReported = 1000               // open pull requests of one integration, the newest
	linesReported = 500                // live models
	afterwards    = 7 * 24 * time.Hour // how long an ended pull request is kept up to date
	justEnded     = time.Hour          // one that was never told of is, when it was merged so lately
)

// WantedReports are all that the upstream of an integration is to know now, each
// with what it was told of it: of the open pull requests that touch a model and
// those that did, and of the commits that serve. They tell what a viewer of the
// integration's project sees.
func (s *Store) WantedReports(ctx context.Context, integration int64, kinds []models.ReportKind) ([]models.Report, error) {
	i, err := s.integration(ctx, `i.id = ?`, integration)
	if err != nil {
		return nil, err
	}
	viewer := models.Principal{IntegrationID: i.ID, Name: i.Label(), Projects: map[int64]models.Role{i.ProjectID: models.Viewer}}
	w := &wanting{reach: s.reach(viewer), integration: i.ID, kinds: kinds}
	if slices.Contains(kinds, models.ReportCheck) || slices.Contains(kinds, models.ReportComment) {
		if err := w.pulls(ctx); err != nil {
			return nil, err
		}
	}
	if slices.Contains(kinds, models.ReportStatus) {
		if err := w.statuses(ctx); err != nil {
			return nil, err
		}
	}
	return w.out, nil
}

// wanting collects the reports of one integration.
type wanting struct {
	*reach
	integration int64
	kinds       []models.ReportKind
	out         []models.Report
}

// reportKey names a report among those of an integration.
type reportKey struct {
	subject int64
	kind    models.ReportKind
	target  string
}

func reportKeyOf(r models.Report) reportKey { return reportKey{r.SubjectID, r.Kind, r.Target} }

func (w *wanting) pulls(ctx context.Context) error {
	list, err := w.reportedPulls(ctx)
	if err != nil {
		return err
	}
	ids := make([]int64, len(list))
	for n, pull := range list {
		ids[n] = pull.ID
	}
	told, err := w.toldOf(ctx, w.integration, ids)
	for n := 0; n < len(list) && err == nil; n++ {
		err = w.pull(ctx, list[n], told)
	}
	return err
}

// reportedPulls are the open pull requests, those merged just now, and those that
// were told of and ended some days ago.
func (w *wanting) reportedPulls(ctx context.Context) ([]models.Subject, error) {
	see, args := sight(w.by)
	now := w.now()
	rows, err := w.query(ctx, subjectSelect+` WHERE s.id IN (
 SELECT o.id FROM subjects o WHERE o.integration_id = ? AND o.kind = 'pull_request' AND o.state IN ('open', 'draft')
 UNION SELECT m.id FROM subjects m WHERE m.kind = 'pull_request' AND m.upstream_at > ? AND m.integration_id = ? AND m.state = 'merged'
 UNION SELECT e.id FROM reports r JOIN subjects e ON e.id = r.subject_id WHERE r.integration_id = ? AND r.kind <> 'status' AND r.tried_at > ? AND e.state_at > ?)
 AND s.described = 1 AND `+see+` ORDER BY s.upstream_at DESC, s.id DESC LIMIT `+strconv.Itoa(pullsReported),
		append([]any{w.integration, now.Add(-justEnded).UnixMilli(), w.integration, w.integration, now.Add(-afterwards).UnixMilli(), now.Add(-afterwards).UnixMilli()}, args...)...)
	list, err := all(rows, err, scanSubject)
	return plain(list), err
}

// pull adds the reports of one pull request. One that touches no model is told of
// only where it was told of before.
func (w *wanting) pull(ctx context.Context, pull models.Subject, told map[reportKey]models.Report) error {
	said, err := w.report(ctx, pull)
	if err != nil {
		return err
	}
	number, _ := strconv.Atoi(pull.Text("number"))
	base := models.Report{Integration: w.integration, Subject: pull.Ref, SubjectID: pull.ID, Repository: models.RepositoryKey(pull.Text("repository")),
		Number: number, SHA: pull.Text("head_sha"), Page: pull.Ref.Path(), Pull: said}
	targets := map[models.ReportKind]string{models.ReportCheck: base.SHA, models.ReportComment: strconv.Itoa(number)}
	for _, kind := range []models.ReportKind{models.ReportCheck, models.ReportComment} {
		r := base
		r.Kind, r.Target = kind, targets[kind]
		old, before := told[reportKeyOf(r)]
		if !slices.Contains(w.kinds, kind) || number == 0 || base.SHA == "" || !said.Touches() && (!before || old.Sent == "") {
			continue
		}
		if kind == models.ReportComment {
			r.SHA = "" // the same for all commits
		}
		r.ID, r.Told = old.ID, old.Told
		w.out = append(w.out, r)
	}
	return nil
}
