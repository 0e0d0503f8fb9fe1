package integrations

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"throughline/models"
)

// told is the loop's memory of one integration. It is lost with the program: what
// was told is in the store, and the rest is found out anew.
type told struct {
	settings map[string]string
	anew     bool  // after other settings: earlier failures count no more
	seq      int64 // of the last look
	looked   bool
	next     time.Time // not looked at before
	pending  map[pendingKey]*pending
	hold     time.Time                       // nothing is told before
	held     map[models.ReportKind]time.Time // nothing of a kind is
	failures int                             // in a row, of the upstream itself
}

type pendingKey struct {
	kind    models.ReportKind
	subject int64
	target  string
}

// pending is a report whose upstream knows something else yet.
type pending struct {
	key    pendingKey
	report models.Report
	digest string
	first  time.Time // when it began to differ
	last   time.Time // when what is to be told changed last
}

// memory is an integration's. Changed settings begin anew: somebody has just
// corrected them.
func (l *ReportLoop) memory(account Account) *told {
	m := l.told[account.ID]
	if m != nil && maps.Equal(m.settings, account.Settings) {
		return m
	}
	if l.told == nil {
		l.told = map[int64]*told{}
	}
	m = &told{settings: maps.Clone(account.Settings), anew: m != nil, pending: map[pendingKey]*pending{}, held: map[models.ReportKind]time.Time{}}
	l.told[account.ID] = m
	return m
}

// note takes in what there is to tell. What is no longer wanted is forgotten.
func (m *told) note(list []models.Report, now time.Time) {
	still := map[pendingKey]bool{}
	for _, r := range list {
		key, digest := pendingKey{r.Kind, r.SubjectID, r.Target}, r.Digest()
		if digest == r.Sent {
			continue
		}
		still[key] = true
		if m.anew {
			r.NextAt, r.Tries = time.Time{}, 0
		}
		p := m.pending[key]
		if p == nil {
			p = &pending{key: key, digest: digest, first: now, last: now}
			m.pending[key] = p
		}
		if p.digest != digest {
			p.digest, p.last = digest, now
		}
		p.report = r
	}
	m.anew = false
	maps.DeleteFunc(m.pending, func(key pendingKey, _ *pending) bool { return !still[key] })
}

// due are the reports to send now, the longest waiting first: what they say has
// settled, or changes without end.
func (m *told) due(now time.Time) (out []*pending) {
	for _, p := range m.pending {
		settled := !now.Before(p.last.Add(reportSettle)) || !now.Before(p.first.Add(reportAtMost))
		if settled && !m.rests(p, now) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *pending) int {
		return cmp.Or(a.first.Compare(b.first), cmp.Compare(a.key.subject, b.key.subject), cmp.Compare(a.key.kind, b.key.kind))
	})
	return out
}

// rests tells whether a report waits for the sake of an earlier failure.
func (m *told) rests(p *pending, now time.Time) bool {
	return now.Before(m.hold) || now.Before(m.held[p.key.kind]) || now.Before(p.report.NextAt)
}

// failed notes a failure and until when it rests: what the upstream wishes holds
// for all, what it forbids for the kind, what it does not understand for the one.
func (m *told) failed(r *models.Report, err error, problem string) {
	r.Problem = problem
	var wish *RetryAfter
	var said *models.Error
	switch {
	case errors.As(err, &wish):
		m.hold = until(wish.Until)
		r.NextAt = m.hold
		return
	case errors.As(err, &said):
		m.failures = 0
	default:
		m.failures++
		m.hold = r.TriedAt.Add(backOff(m.failures))
	}
	r.Tries++
	r.NextAt = r.TriedAt.Add(backOff(r.Tries))
	if said != nil && said.Code == models.Forbidden {
		m.held[r.Kind] = r.NextAt
	}
}

// take counts a report against the limit of its host; false when it is reached.
func (l *ReportLoop) take(host string) bool {
	now := l.now()
	recent := slices.DeleteFunc(l.minutes[host], func(at time.Time) bool { return now.Sub(at) >= time.Minute })
	if l.minutes == nil {
		l.minutes = map[string][]time.Time{}
	}
	if l.minutes[host] = recent; len(recent) >= ReportsPerMinute {
		return false
	}
	l.minutes[host] = append(recent, now)
	return true
}
