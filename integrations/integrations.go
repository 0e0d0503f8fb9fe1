// Package integrations is the contract between Throughline and the systems it
// listens to: Source, Receiver, Poller, and the promises every source is tested
// against (package promises). A source decodes; it cannot write, because it
// cannot import the store.
package integrations

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"throughline/models"
)

// Source is one kind of upstream system. A new one costs a folder and a line in
// the program's list.
type Source interface {
	About() About
}

// About describes a source for forms, docs and the hook endpoint.
type About struct {
	Name     string // in addresses: "github"
	Title    string // on pages: "GitHub"
	Summary  string // one sentence: what it brings
	Auth     Auth   // how a post to /hooks/NAME/… proves whom it is from
	Settings []Setting
	MaxBody  int64 // bytes; 0 means DefaultMaxBody
}

// DefaultMaxBody limits a post to /hooks of sources that name no limit of their own.
const DefaultMaxBody = 1 << 20

// Auth says how a post proves whom it is from.
type Auth int

// The ways.
const (
	ByToken     Auth = iota // a bot token with events:write in the project
	BySignature             // the source's own Receive verifies it
	// ByTokenOrSignature is ByToken, and BySignature for accounts with SigningSecret.
	ByTokenOrSignature
)

// SigningSecret is the setting of sources that may be posted to with a signature
// instead of a token.
const SigningSecret = "signing_secret"

// Setting is one field of an integration's form.
type Setting struct {
	Name     string // in JSON: "secret"
	Label    string
	Help     string
	Secret   bool // kept apart, never shown again
	Required bool
	URL      bool // an upstream address: goes through the guarded client's check on save
	Host     bool // a host name that the upstream's address follows from: likewise
	Long     bool // of several lines
	Made     bool // a secret that is made up where none is given
	Flag     bool // a switch: "on" or empty
	Options  []Option
	Default  string
}

// On is the value of a switch that is on; off is empty.
const On = "on"

// Option is one of the values that a setting may take.
type Option struct{ Value, Label string }

// Takes tells whether a value is one of the setting's; empty always is.
func (s Setting) Takes(value string) bool {
	if s.Flag {
		return value == "" || value == On
	}
	return value == "" || len(s.Options) == 0 || slices.ContainsFunc(s.Options, func(o Option) bool { return o.Value == value })
}

// Account is one connected upstream: its settings, secrets included.
type Account struct {
	ID       int64
	Name     string
	Settings map[string]string
}

// Get is a setting or its default, empty when there is neither.
func (a Account) Get(name string) string { return a.Settings[name] }

// Request is one post as it came in. Body is raw and already size-limited.
type Request struct {
	Header http.Header
	Query  url.Values
	Body   []byte
	Now    time.Time
	Path   string // what follows the integration's name in the address: "api/v1/lineage", or empty
}

// Event is one thing a post told. A post may hold several (CloudEvents batches).
type Event struct {
	ID    string // the upstream's delivery id: repeats of it have no second effect; empty: sha256 of Body
	Name  string // "pull_request.opened", as activity and cards show it
	Body  []byte // the raw part of the post that is this event; kept for replay
	Batch models.Batch
	// Poke says that the source should be asked at once: the event shows that
	// something changed, and does not say all of it.
	Poke bool
	// Ignored says the event is genuine but not for us: kept, no effect.
	Ignored bool
	// Err says the event is genuine and for us but could not be understood: it is
	// parked with this error, shown and replayable.
	Err error
	// Problems are faults in the content that did not stop it (model cards).
	Problems []models.Problem
}

// Receiver is a source that posts to /hooks/NAME/INTEGRATION.
//
// Receive verifies the raw bytes first, then decodes. It returns ErrSignature for
// a post that is not genuine; a models.Error of code Invalid, naming the offset,
// for a body that cannot be read at all, Unsupported for a media type it does not
// read. It never panics, keeps nothing, calls nobody, and decodes the same bytes
// the same way every time.
type Receiver interface {
	Source
	Receive(ctx context.Context, account Account, r Request) ([]Event, error)
}

// Pather is a Receiver whose senders post to addresses below the hook's own.
type Pather interface {
	Paths() []string // "api/v1/lineage"; the hook's own address needs no mention
}

// Answerer is a Receiver whose senders expect another answer than 202 with what
// became of each event.
//
// Answer is asked after everything was kept. A nil body answers without one.
type Answerer interface {
	Answer(r Request, done []Done) (status int, body any)
}

// Done is an event with what became of it.
type Done struct {
	Event     Event
	State     string // applied, ignored, parked
	Duplicate bool   // it was known already
	Problem   string // why it was parked
}

// Replayer decodes a kept event again, after it was parked: body and name are
// those of an Event. Verification is not repeated.
type Replayer interface {
	Replay(ctx context.Context, account Account, name string, header http.Header, body []byte) (Event, error)
}

// Poller is a source that is asked.
//
// Poll returns what is new since the cursor (empty at first) as one Batch with
// the cursor to go on from; more tells that the next poll should follow at once.
// It obeys ctx and the limits of the upstream.
type Poller interface {
	Source
	Poll(ctx context.Context, account Account, cursor string) (batch models.Batch, more bool, err error)
	Every() time.Duration // the pause between polls
}

// Checker is a source that can test its settings before they are saved.
type Checker interface {
	Check(ctx context.Context, account Account) error
}

// CardReader is a source that reads the text of model cards. model names the
// model; only when it is empty is the name taken from the front matter.
type CardReader interface {
	ReadCard(model, markdown string, at time.Time) (models.Batch, error)
}

// ErrSignature says that a post is not from whom it claims to be.
var ErrSignature = errors.New("the signature does not match")

// RetryAfter is an upstream's wish to be left alone until a moment.
type RetryAfter struct {
	Until time.Time
	Cause error
}

// Error says until when and why.
func (e *RetryAfter) Error() string {
	return "paused by the upstream until " + e.Until.UTC().Format(time.RFC3339) + ": " + e.Cause.Error()
}

// Unwrap is the cause.
func (e *RetryAfter) Unwrap() error { return e.Cause }
