package terraform

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"throughline/integrations"
	"throughline/models"
)

// The headers that prove a post: the HMAC-SHA-512 of its bytes in hex.
const (
	notificationHeader = "X-TFE-Notification-Signature"
	taskHeader         = "X-TFC-Task-Signature"
)

// Sign is the value of either header that goes with a body.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha512.New, []byte(secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// signed tells whether the one signature of a post is of one of the secrets.
func signed(a integrations.Account, r integrations.Request) bool {
	values := append(r.Header.Values(notificationHeader), r.Header.Values(taskHeader)...)
	if len(values) != 1 {
		return false
	}
	for _, secret := range integrations.Secrets(a.Get("secret")) {
		if hmac.Equal([]byte(values[0]), []byte(Sign(secret, r.Body))) {
			return true
		}
	}
	return false
}

// Receive verifies a post over its raw bytes, then reads it: one event for each
// notification, or one for an assessment or a run task.
func (s *Source) Receive(_ context.Context, a integrations.Account, r integrations.Request) ([]integrations.Event, error) {
	if !signed(a, r) {
		return nil, integrations.ErrSignature
	}
	var raw map[string]json.RawMessage
	if err := integrations.ReadJSON(r.Body, &raw); err != nil {
		return nil, err
	}
	delete(raw, "access_token") // opens the run that waits; it is not kept
	var list []json.RawMessage
	if json.Unmarshal(raw["notifications"], &list) != nil || len(list) < 2 {
		e, err := event(a, compact(raw))
		return []integrations.Event{e}, err
	}
	var out []integrations.Event
	for _, n := range list[:min(len(list), maxNotifications)] {
		raw["notifications"], _ = json.Marshal([]json.RawMessage{n})
		e, err := event(a, compact(raw))
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

const maxNotifications = 100

// compact is a post as it is kept, in one order.
func compact(raw map[string]json.RawMessage) []byte {
	body, _ := json.Marshal(raw) // what was read as JSON can be written as such
	return body
}

// Replay decodes a kept event again.
func (s *Source) Replay(_ context.Context, a integrations.Account, _ string, _ http.Header, body []byte) (integrations.Event, error) {
	return event(a, body)
}

// Answer says 200 to run tasks and to the question whether anybody is there, 202 to
// all else, and nothing more: answers are kept and shown there.
func (s *Source) Answer(r integrations.Request, done []integrations.Done) (int, any) {
	for _, d := range done {
		if d.Duplicate || d.Event.Name == verification || strings.HasPrefix(d.Event.Name, "task.") {
			return http.StatusOK, nil
		}
	}
	return http.StatusAccepted, nil
}

const verification = "verification"

// post is any of the posts; of notifications there is at most one.
type post struct {
	Version json.RawMessage `json:"payload_version"` // the number 1, or the text "2"

	Trigger      string     `json:"trigger"` // of an assessment
	TriggerScope string     `json:"trigger_scope"`
	Message      string     `json:"message"`
	Details      assessment `json:"details"`

	run
	Notifications []notification `json:"notifications"`
	task
}

// run is what posts say of a run.
type run struct {
	ID           string `json:"run_id"`
	URL          string `json:"run_url"`
	RunMessage   string `json:"run_message"`
	CreatedAt    string `json:"run_created_at"`
	CreatedBy    string `json:"run_created_by"`
	Workspace    string `json:"workspace_name"`
	Organization string `json:"organization_name"`
}

type notification struct {
	Message   string `json:"message"`
	Trigger   string `json:"trigger"`
	Status    string `json:"run_status"`
	UpdatedAt string `json:"run_updated_at"`
}

// event reads one post; its event is known by what it tells, for it has no id.
func event(a integrations.Account, body []byte) (e integrations.Event, err error) {
	var p post
	if err := integrations.ReadJSON(body, &p); err != nil {
		return e, err
	}
	e = integrations.Event{Body: body, Name: "unknown", Ignored: true}
	switch {
	case p.ResultID != "":
		p.taskEvent(a, &e)
	case strings.HasPrefix(p.Trigger, "assessment:"):
		p.assessmentEvent(a, &e)
	case len(p.Notifications) == 1 && strings.HasPrefix(p.Notifications[0].Trigger, "run:"):
		p.runEvent(a, &e)
	case len(p.Notifications) > 0 && p.ID == "":
		e.Name = verification
	case p.Trigger != "":
		e.Name = integrations.Line(p.Trigger, 100)
	}
	return e, nil
}

func identity(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

func (p post) runEvent(a integrations.Account, e *integrations.Event) {
	n := p.Notifications[0]
	e.Name = integrations.Line(strings.Replace(n.Trigger, ":", ".", 1), 100)
	e.ID = identity(p.ID, n.Trigger, n.Status, n.UpdatedAt)
	d, ok := p.run.begin()
	if !ok {
		e.Ignored = false
		e.Err = models.FieldErrorf(models.Unprocessed, "run_id", "The notification names no run of a workspace.")
		return
	}
	if e.Ignored = !wanted(a, p.Workspace); e.Ignored {
		return
	}
	e.Poke = true
	d.State, d.Raw = state(n.Status), integrations.Line(n.Status, 60)
	at := integrations.Moment(n.UpdatedAt)
	d.At, d.StateAt = at, at
	if d.State.Terminal() {
		integrations.Told(d.Facts, models.FactEndedAt, at)
	}
	if d.State == models.Failed {
		integrations.Told(d.Facts, models.FactError, integrations.Line(n.Message, maxText))
	}
	e.Batch.Descriptions = []models.Description{d}
}

const (
	maxText = 1000
	maxName = 300
)

// begin is the description of a run with what every post says of it.
func (r run) begin() (d models.Description, ok bool) {
	id, pipeline := integrations.Line(r.ID, maxName), r.pipeline()
	if id == "" || pipeline == "" {
		return d, false
	}
	d = models.Description{Ref: models.Ref{Kind: models.PipelineRun, Key: id}, URL: integrations.Web(r.URL), Title: title(pipeline, r.RunMessage)}
	d.Facts = map[string]any{models.FactPipeline: pipeline, models.FactSystem: "terraform"}
	integrations.Told(d.Facts, models.FactActor, integrations.Line(r.CreatedBy, maxName))
	integrations.Told(d.Facts, models.FactStartedAt, integrations.Moment(r.CreatedAt))
	return d, true
}

// pipeline is "organization/workspace", empty when one is missing.
func (r run) pipeline() string {
	if r.Organization == "" || r.Workspace == "" {
		return ""
	}
	return integrations.Line(r.Organization, maxName) + "/" + integrations.Line(r.Workspace, maxName)
}

func title(pipeline, message string) string {
	line, _, _ := strings.Cut(message, "\n")
	if line = integrations.Line(line, 200); line == "" {
		return pipeline
	}
	return pipeline + ": " + line
}
