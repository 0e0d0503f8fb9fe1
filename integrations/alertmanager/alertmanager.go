// Package alertmanager hears Prometheus' Alertmanager: alerts about models and
// data become breaches. The shape is that of its webhook receiver, version 4
// (prometheus.io/docs/alerting/latest/configuration/#webhook_config).
//
// A breach is one firing of one alert: its fingerprint and when it started. A group
// that fires may hold alerts that are over, so each alert's own state counts. What
// a resolved alert leaves out (annotations, often) stays as it was told before.
package alertmanager

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// Source listens to Alertmanager.
type Source struct{}

// New is the source.
func New() Source { return Source{} }

const (
	maxBody = 4 << 20
	maxText = 1000 // bytes of a label or an annotation
)

// About describes the source.
func (Source) About() integrations.About {
	return integrations.About{Name: "alertmanager", Title: "Alertmanager", Auth: integrations.ByToken, MaxBody: maxBody,
		Summary: "Alerts about live models and data, as breaches for their owners."}
}

// group is what one post tells.
type group struct {
	Version   string            `json:"version"`
	GroupKey  string            `json:"groupKey"`
	Truncated int               `json:"truncatedAlerts"`
	External  string            `json:"externalURL"`
	Alerts    []json.RawMessage `json:"alerts"`
}

// alert is one of a group.
type alert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    string            `json:"startsAt"`
	EndsAt      string            `json:"endsAt"`
	Generator   string            `json:"generatorURL"`
	Fingerprint string            `json:"fingerprint"`
}

// Receive reads a group, one event for each alert: each has its own repeats.
func (Source) Receive(_ context.Context, _ integrations.Account, r integrations.Request) ([]integrations.Event, error) {
	var g group
	if err := integrations.ReadJSON(r.Body, &g); err != nil {
		return nil, err
	}
	if len(g.Alerts) == 0 { // a body of somebody's own making
		return []integrations.Event{{Name: "nothing", Body: r.Body, Ignored: true}}, nil
	}
	out := make([]integrations.Event, len(g.Alerts))
	for i, raw := range g.Alerts {
		out[i] = event(raw)
	}
	if g.Truncated > 0 {
		out[0].Problems = []models.Problem{{Message: "Alertmanager left alerts of this group out (max_alerts); they are not known here."}}
	}
	return out, nil
}

// Replay decodes one kept alert again.
func (Source) Replay(_ context.Context, _ integrations.Account, name string, _ http.Header, body []byte) (integrations.Event, error) {
	if name == "nothing" {
		return integrations.Event{Name: name, Body: body, Ignored: true}, nil
	}
	if !json.Valid(body) {
		return integrations.Event{}, integrations.ReadJSON(body, &struct{}{})
	}
	return event(body), nil
}

// event reads one alert. Alertmanager repeats itself, and of two in a cluster both
// tell: the same word of the same firing has one id.
func event(raw json.RawMessage) integrations.Event {
	sum := sha256.Sum256(raw)
	e := integrations.Event{Name: "alert", Body: raw, ID: hex.EncodeToString(sum[:16])}
	var a alert
	if err := integrations.ReadJSON(raw, &a); err != nil {
		e.Err = err
		return e
	}
	d, err := a.describe()
	if e.Err = err; err == nil {
		e.Name = "alert." + a.Status
		e.Batch.Descriptions = []models.Description{d}
	}
	return e
}

func (a alert) describe() (d models.Description, err error) {
	start := integrations.Moment(a.StartsAt)
	if start.IsZero() || integrations.Line(a.Fingerprint, 100) == "" || a.Status != "firing" && a.Status != "resolved" {
		return d, models.Errorf(models.Unprocessed, "An alert has a status (firing or resolved), a fingerprint and startsAt.")
	}
	d = models.Description{Ref: models.Ref{Kind: models.Breach, Key: integrations.Line(a.Fingerprint, 100) + "@" + start.Format(time.RFC3339Nano)},
		At: start, StateAt: start, State: models.Open, Raw: a.Status, Title: a.title(), URL: integrations.Web(a.Generator), Facts: a.facts(), Owners: a.owners(), Links: a.links()}
	if a.Status == "resolved" {
		if d.At = integrations.Moment(a.EndsAt); !d.At.After(start) {
			d.At = start.Add(time.Millisecond)
		}
		d.State, d.StateAt = models.Recovered, d.At
	}
	return d, nil
}

func (a alert) label(name string) string { return integrations.Line(a.Labels[name], maxText) }

func (a alert) annotation(names ...string) string {
	for _, name := range names {
		if text := integrations.Line(a.Annotations[name], maxText); text != "" {
			return text
		}
	}
	return ""
}

// title is the alert's name with what it is about: "ModelDataDrift of amount, fraud 7".
// It is made of labels alone: they are the same when the alert is over.
func (a alert) title() string {
	name := a.label("alertname")
	if name == "" {
		name = "Alert"
	}
	if feature := a.label("feature"); feature != "" {
		name += " of " + feature
	}
	if about := strings.TrimSpace(a.label("model") + " " + a.label("model_version")); about != "" {
		name += ", " + about
	}
	return name
}

// facts are all labels, and those that say what the alert is about by their names.
func (a alert) facts() map[string]any {
	f := map[string]any{}
	for name := range a.Labels {
		if key := integrations.Line(name, 100); key != "" {
			integrations.Told(f, "label."+key, a.label(name))
		}
	}
	for fact, label := range map[string]string{"model": "model", "version": "model_version", "environment": "environment", "dataset": "dataset",
		"feature": "feature", "severity": "severity", "signal": "metric", "deployment": "deployment"} {
		integrations.Told(f, fact, a.label(label))
	}
	integrations.Told(f, "summary", a.annotation("summary", "description", "message"))
	integrations.Told(f, "runbook", integrations.Web(a.Annotations["runbook_url"]))
	return f
}

func (a alert) owners() (out []models.OwnerClaim) {
	if owner := a.label("owner"); owner != "" {
		out = append(out, models.OwnerClaim{Person: owner})
	}
	if team := a.label("team"); team != "" {
		out = append(out, models.OwnerClaim{Person: "team:" + strings.TrimPrefix(team, "team:")})
	}
	return out
}

// links lead to what the labels name.
func (a alert) links() (out []models.LinkTo) {
	add := func(relation models.Relation, kind models.Kind, key string) {
		if key != "" {
			out = append(out, models.LinkTo{Relation: relation, To: models.Ref{Kind: kind, Key: key}})
		}
	}
	add(models.Affects, models.Deployment, a.label("deployment"))
	if model, version := a.label("model"), a.label("model_version"); model != "" && version != "" && !strings.Contains(version, "/") {
		add(models.Mentions, models.ModelVersion, models.VersionKey(model, version))
	} else {
		add(models.Mentions, models.Model, model)
	}
	if _, _, ok := models.SplitDataset(a.label("dataset")); ok {
		add(models.Mentions, models.Dataset, a.label("dataset"))
	}
	return out
}
