package integrations

import (
	"context"
	"log/slog"
	"maps"
	"runtime/debug"
	"strings"
	"time"

	"throughline/models"
)

// Reporter is a source whose upstream can be told what Throughline knows.
//
// Report brings what the upstream shows of a report up to date, and returns its id
// there and its page. It never leaves two of what should be one: what it does not
// know the id of, it looks for. Errors are a RetryAfter, a models.Error of code
// Forbidden when nothing of this kind may be told, a models.Error of another code
// when only this one can not, anything else when the upstream does not answer.
type Reporter interface {
	Source
	Speech(account Account) Speech
	Report(ctx context.Context, account Account, r models.Report) (upstream, page string, err error)
}

// Speech is what an account tells its upstream.
type Speech struct {
	Kinds  []models.ReportKind          // switched on; none: nothing is told
	Covers func(repository string) bool // tells whether a repository is the account's
	Strict bool                         // what is open stops a merge
	Voice  string                       // as whom: a change of it tells all anew
	Note   string                       // what of it is not as one may expect; for the integration's page
}

// ReportTarget is one integration whose upstream may be told something.
type ReportTarget struct {
	Source  string // the name of its source
	Account Account
}

// ReportStore is what the loop needs of the database.
type ReportStore interface {
	// ReportTargets lists all integrations, secrets included; none while another
	// process reports.
	ReportTargets(ctx context.Context) ([]ReportTarget, error)
	// Seq is the number of the newest activity.
	Seq(ctx context.Context) (int64, error)
	// WantedReports are all that an integration's upstream is to know now.
	WantedReports(ctx context.Context, integration int64, kinds []models.ReportKind) ([]models.Report, error)
	// KeepReport keeps what became of one.
	KeepReport(ctx context.Context, r models.Report) error
}

// The limits of the loop.
const (
	reportEvery   = 2 * time.Second
	reportSettle  = 8 * time.Second  // without a change, before a report is sent
	reportAtMost  = 45 * time.Second // from the first change
	reportTimeout = 30 * time.Second // of one report
	reportShare   = 10               // a look takes at most a tenth of the time
	// ReportsPerMinute is how many reports a host is told at most; GitHub slows
	// down who makes more than 80 things a minute.
	ReportsPerMinute = 20
)

// ReportLoop tells upstreams what they are to know. It looks when something
// happened, waits until what it would say has settled, and says it one by one.
type ReportLoop struct {
	Sources []Source // those that are Reporters are told
	Store   ReportStore
	Log     *slog.Logger
	Base    string           // the address that our pages begin with
	Now     func() time.Time // nil is time.Now

	told    map[int64]*told // by integration; only the goroutine of Run touches it
	minutes map[string][]time.Time
}

// Run tells until ctx ends, and returns when the last report has.
func (l *ReportLoop) Run(ctx context.Context) {
	for ctx.Err() == nil {
		l.Step(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(reportEvery):
		}
	}
}

// Step looks once at every integration, and sends what is due.
func (l *ReportLoop) Step(ctx context.Context) {
	targets, err := l.Store.ReportTargets(ctx)
	if err != nil {
		l.warn(ctx, "list the integrations to report for", err)
		return
	}
	seen := map[int64]bool{}
	for _, t := range targets {
		reporter := l.reporters()[t.Source]
		if reporter == nil {
			continue
		}
		if speech := reporter.Speech(t.Account); len(speech.Kinds) > 0 && ctx.Err() == nil {
			seen[t.Account.ID] = true
			l.tell(ctx, reporter, t.Account, speech)
		}
	}
	maps.DeleteFunc(l.told, func(id int64, _ *told) bool { return !seen[id] })
}

// tell does one integration's turn.
func (l *ReportLoop) tell(ctx context.Context, reporter Reporter, account Account, speech Speech) {
	m := l.memory(account)
	if err := l.look(ctx, m, account, speech); err != nil {
		l.warn(ctx, "find out what to report", err)
		return
	}
	for _, p := range m.due(l.now()) {
		if m.rests(p, l.now()) { // since the one before
			continue
		}
		if ctx.Err() != nil || !l.take(hostOf(reporter, account)) {
			return
		}
		l.send(ctx, reporter, account, m, p)
	}
}

// look finds out what there is to tell, if something happened since the last look.
func (l *ReportLoop) look(ctx context.Context, m *told, account Account, speech Speech) error {
	now := l.now()
	if now.Before(m.next) {
		return nil
	}
	seq, err := l.Store.Seq(ctx)
	if err != nil || m.looked && seq == m.seq {
		return err
	}
	began := time.Now()
	list, err := l.Store.WantedReports(ctx, account.ID, speech.Kinds)
	m.next = now.Add(reportShare * time.Since(began))
	if err != nil {
		return err
	}
	m.looked, m.seq = true, seq
	m.note(l.addressed(list, speech), now)
	return nil
}

// addressed are the reports that are the account's to tell, with our address and
// its settings in them.
func (l *ReportLoop) addressed(list []models.Report, speech Speech) []models.Report {
	base := strings.TrimRight(l.Base, "/")
	out := list[:0]
	for _, r := range list {
		if !speech.Covers(r.Repository) {
			continue
		}
		r.Page, r.Strict, r.Voice = base+r.Page, speech.Strict, speech.Voice
		r.Pull.Live = absolute(base, r.Pull.Live)
		out = append(out, r)
	}
	return out
}

// absolute are the models with addresses in place of paths. Reports of one pull
// request share them, so they are copied.
func absolute(base string, list []models.ReportedModel) []models.ReportedModel {
	out := make([]models.ReportedModel, len(list))
	for n, m := range list {
		gaps := make([]models.ReportedGap, len(m.Gaps))
		for k, g := range m.Gaps {
			g.Page = base + g.Page
			gaps[k] = g
		}
		m.Gaps = gaps
		out[n] = m
	}
	return out
}

// send tells one report and keeps what became of it. What was told but could not
// be kept is told again, and found.
func (l *ReportLoop) send(ctx context.Context, reporter Reporter, account Account, m *told, p *pending) {
	r := p.report
	r.TriedAt = l.now()
	asking, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	upstream, page, err := l.ask(asking, reporter, account, r)
	if ctx.Err() != nil && err != nil {
		return // we were stopped; that is no failure of the upstream
	}
	if err == nil {
		r.Sent, r.Upstream, r.URL, r.Problem, r.Tries = r.Digest(), upstream, page, "", 0
		r.NextAt, r.SentAt = time.Time{}, r.TriedAt
		delete(m.pending, p.key)
	} else {
		m.failed(&r, err, Plain(err, reporter.About(), account))
		p.report.Told = r.Told
		l.Log.Warn("report failed", "integration", account.Name, "kind", r.Kind, "subject", r.Subject.Key, "error", err, "next", r.NextAt)
	}
	if err := l.Store.KeepReport(context.WithoutCancel(ctx), r); err != nil {
		m.looked = false // what the store knows is older than what the upstream does
		l.warn(ctx, "keep a report", err)
	}
}

// ask turns a panic of a source into its failure.
func (l *ReportLoop) ask(ctx context.Context, reporter Reporter, account Account, r models.Report) (upstream, page string, err error) {
	defer func() {
		if p := recover(); p != nil {
			l.Log.Error("report panicked", "integration", account.Name, "panic", p, "stack", string(debug.Stack()))
			err = models.Errorf(models.Internal, "The report failed in a way it should not have (a bug in Throughline): %v", p)
		}
	}()
	return reporter.Report(ctx, account, r)
}

func (l *ReportLoop) now() time.Time {
	if l.Now != nil {
		return l.Now()
	}
	return time.Now()
}

func (l *ReportLoop) warn(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		l.Log.Error(what, "error", err)
	}
}

// reporters are the sources that can be told, by name.
func (l *ReportLoop) reporters() map[string]Reporter {
	out := map[string]Reporter{}
	for _, s := range l.Sources {
		if r, ok := s.(Reporter); ok {
			out[s.About().Name] = r
		}
	}
	return out
}
