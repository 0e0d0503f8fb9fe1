package jenkins

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// post is what the Notification plugin posts as JSON, and what any job may post
// itself; of all that only build.full_url and build.phase have to be there.
type post struct {
	URL   string `json:"url"` // of the job, below Jenkins' own
	Build struct {
		FullURL    string         `json:"full_url"`
		URL        string         `json:"url"` // below Jenkins' own
		QueueID    int64          `json:"queue_id"`
		Timestamp  int64          `json:"timestamp"` // milliseconds
		Duration   int64          `json:"duration"`
		Phase      string         `json:"phase"`
		Status     string         `json:"status"`
		Notes      string         `json:"notes"`
		Parameters map[string]any `json:"parameters"`
		SCM        struct {
			URL, Branch, Commit string
			Culprits            []string
		} `json:"scm"`
		Tests struct {
			Total, Failed, Passed, Skipped int64
		} `json:"test_summary"`
		Artifacts map[string]struct {
			Archive string `json:"archive"`
			S3      string `json:"s3"`
		} `json:"artifacts"`
	} `json:"build"`
}

// The phases of a build, in their order.
const (
	queued    = "QUEUED"
	started   = "STARTED"
	completed = "COMPLETED"
	finalized = "FINALIZED"
	none      = "NONE" // a step of the pipeline says something on the way
)

var phases = []string{queued, started, completed, finalized, none}

// Receive reads one post. Whom it is from was proven by the token in its address.
func (s *Source) Receive(ctx context.Context, a integrations.Account, r integrations.Request) ([]integrations.Event, error) {
	kind := r.Header.Get("Content-Type")
	if strings.Contains(kind, "xml") || bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("<")) {
		return nil, models.Errorf(models.Unsupported, "XML is not read. Set the format of this endpoint to JSON (Job Notifications, Format).")
	}
	e, err := s.Replay(ctx, a, "", r.Header, r.Body)
	if err != nil {
		return nil, err
	}
	return []integrations.Event{e}, nil
}

// Replay decodes a kept post again.
func (s *Source) Replay(_ context.Context, a integrations.Account, _ string, _ http.Header, body []byte) (integrations.Event, error) {
	var p post
	if err := integrations.ReadJSON(body, &p); err != nil {
		return integrations.Event{}, err
	}
	return event(a, p, body), nil
}

func event(a integrations.Account, p post, body []byte) integrations.Event {
	b := &p.Build
	b.Phase, b.Status = strings.ToUpper(integrations.Line(b.Phase, 40)), strings.ToUpper(integrations.Line(b.Status, 40))
	e := integrations.Event{Name: "build." + strings.ToLower(b.Phase), Body: body, Poke: true}
	if b.Phase == "" && b.FullURL == "" && b.URL == "" || !slices.Contains(phases, b.Phase) {
		e.Name, e.Ignored, e.Poke = "unknown", true, false
		return e
	}
	d, ok := begin(p.address(a))
	if !ok {
		e.Err = models.FieldErrorf(models.Unprocessed, "build.full_url",
			"The post does not say which build it is about. Enter the Jenkins URL in Manage Jenkins, System; or the Jenkins address in this integration's settings.")
		return e
	}
	e.ID = fmt.Sprintf("%s %s %s %d", d.Ref.Key, b.Phase, b.Status, b.Timestamp)
	if e.Ignored = !integrations.Matches(a.Get("jobs"), d.Facts[models.FactPipeline].(string)); !e.Ignored {
		p.describe(a, &d)
		e.Batch.Descriptions = []models.Description{d}
	}
	return e
}

// address is that of the build. Jenkins leaves out the whole one while it does not
// know its own.
func (p post) address(a integrations.Account) string {
	if p.Build.FullURL != "" || a.Get("url") == "" {
		return p.Build.FullURL
	}
	base, err := integrations.Base(a.Get("url"))
	if err != nil || p.Build.URL == "" {
		return ""
	}
	return base + "/" + strings.TrimLeft(p.Build.URL, "/")
}

func (p post) describe(a integrations.Account, d *models.Description) {
	b := p.Build
	p.stand(d)
	for _, name := range slices.Sorted(maps.Keys(b.Parameters)) {
		params(d.Facts, name, b.Parameters[name])
	}
	for _, path := range slices.Sorted(maps.Keys(b.Artifacts)) {
		artifact(d.Facts, d.Ref.Key, path)
	}
	integrations.Told(d.Facts, models.FactSummary, tests(b.Tests.Total, b.Tests.Failed, b.Tests.Skipped))
	integrations.Told(d.Facts, "notes", integrations.Cut(b.Notes, maxText))
	if b.QueueID > 0 {
		d.Facts["queue_id"] = b.QueueID
	}
	if p.over() { // until then it may be that of the build before
		integrations.Told(d.Facts, models.FactBranch, branch(b.SCM.Branch))
		built(a, d, b.SCM.URL, b.SCM.Commit)
	}
}

func (p post) over() bool { return p.Build.Phase == completed || p.Build.Phase == finalized }

// stand says where the build stands, and since when.
func (p post) stand(d *models.Description) {
	b := p.Build
	began := integrations.Milli(b.Timestamp)
	d.At, d.Raw = began, b.Phase
	switch {
	case b.Phase == queued:
		d.State = models.Queued
		integrations.Told(d.Facts, models.FactQueuedAt, began)
	case p.over() && b.Status != "":
		d.State, d.Raw = state(b.Status), b.Status
		ended := endOf(b.Timestamp, b.Duration)
		d.At, d.StateAt = after(ended, 1+slices.Index(phases, b.Phase)), ended
		timed(d.Facts, began, ended)
	case b.Phase == none:
		d.Raw = ""
	default:
		d.State, d.StateAt, d.At = models.Running, began, after(began, 1)
		timed(d.Facts, began, time.Time{})
	}
}

// endOf is when a build of this length ended; zero when no start is known.
func endOf(start, duration int64) time.Time {
	if start <= 0 || duration < 0 || duration > 10*365*24*60*60*1000 {
		return integrations.Milli(start)
	}
	return integrations.Milli(start + duration)
}

// after orders what is told of one moment; an unknown one stays so.
func after(t time.Time, steps int) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(time.Duration(steps) * time.Millisecond)
}
