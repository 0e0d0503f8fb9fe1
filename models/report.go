package models

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// ReportKind is a way in which an upstream is told something.
type ReportKind string

// The kinds.
const (
	ReportCheck   ReportKind = "check_run" // on the newest commit of a pull request
	ReportComment ReportKind = "comment"   // on a pull request, one that is kept up to date
	ReportStatus  ReportKind = "status"    // on a deployed commit
)

// Report is one thing that an upstream is to know, and what it was told of it
// before. It names models, environments and gaps, and no people: it leaves the hub.
type Report struct {
	ID          int64 // 0 before the first attempt
	Integration int64
	Kind        ReportKind
	Subject     Ref    // the pull request, or the deployed commit
	SubjectID   int64  // of it
	Repository  string // its key: github.com/acme/fraud
	Number      int    // of the pull request
	SHA         string // of the commit: a check run's or status's
	Target      string // what of the subject is told, unique with kind and subject: the sha, the number, the environment
	Page        string // our page about it: a path, an address once the loop has made it one
	Strict      bool   // what is open stops a merge, where the upstream wants it so
	Voice       string // as whom it is told; who speaks anew tells all anew

	Pull PullReport // of check runs and comments
	Line LineReport // of statuses

	Told
}

// Told is what became of a report so far.
type Told struct {
	Sent     string    // the digest of what the upstream knows; empty before the first time
	Upstream string    // its id there
	URL      string    // its page there
	Problem  string    // why the last attempt failed, in words; empty when it did not
	Tries    int       // failed in a row
	TriedAt  time.Time // zero: never
	NextAt   time.Time // not before; zero: any time
	SentAt   time.Time // zero: never
}

// Digest changes exactly when there is something new to tell.
func (r Report) Digest() string {
	text, _ := json.Marshal([]any{r.Kind, r.Repository, r.Number, r.SHA, r.Target, r.Page, r.Strict, r.Voice, r.Pull, r.Line}) // plain values: never fails
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// PullReport is what there is to say about a pull request.
type PullReport struct {
	Live       []ReportedModel // that it reaches, those built from its own commits first
	Waiting    []ReportedModel // versions built from its commits that are not live yet
	Failing    []string        // checks of its newest commit, by name
	Unreviewed bool            // nobody else has looked at it
}

// ReportedModel is a model that a pull request reaches.
type ReportedModel struct {
	Environment, Model, Version string
	Direct                      bool // built from a commit of the pull request itself
	Gaps                        []ReportedGap
}

// ReportedGap is a gap without what it is about: the page says that to whoever may see it.
type ReportedGap struct {
	Missing GapKind
	Who     string // can close it: "a maintainer of the project"
	Page    string // a path
}

// Touches tells whether the pull request has to do with a model at all.
func (p PullReport) Touches() bool { return len(p.Live)+len(p.Waiting) > 0 }

// Open counts what is open.
func (p PullReport) Open() int {
	n := len(p.Failing)
	if p.Unreviewed {
		n++
	}
	for _, m := range p.Live {
		n += len(m.Gaps)
	}
	return n
}

// LineReport is what there is to say about a deployed commit in one environment.
type LineReport struct {
	Environment string
	Models      []ReportedLine // that it serves there; none: it serves no more
}

// ReportedLine is a model that serves, and how many links its line lacks.
type ReportedLine struct {
	Model, Version string
	Since          time.Time
	Gaps           int
}

// Reported is a gap as reports tell of it.
func (g Gap) Reported() ReportedGap {
	return ReportedGap{Missing: g.Missing, Who: g.ClosesBy.Who, Page: g.ClosesBy.URL}
}
