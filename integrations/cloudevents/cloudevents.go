// Package cloudevents takes the events of bots: Throughline's own types
// (run, pipeline_run, model_version, deployment) and CDEvents, as CloudEvents 1.0
// over HTTP in structured, binary and batched form.
package cloudevents

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"throughline/integrations"
	"throughline/models"
)

// Source listens to CloudEvents.
type Source struct{}

// New is the source.
func New() Source { return Source{} }

// About describes the source.
func (Source) About() integrations.About {
	return integrations.About{
		Name:    "cloudevents",
		Title:   "CloudEvents and CDEvents",
		Summary: "Runs, pipeline runs, model versions and deployments, posted by your bots.",
		Auth:    integrations.ByTokenOrSignature,
		MaxBody: 1 << 20,
		Settings: []integrations.Setting{{Name: integrations.SigningSecret, Label: "Signing secret", Secret: true,
			Help: "For senders that sign (Standard Webhooks): whsec_…, two separated by a comma while it is changed. Posts without a right signature are then refused, with a token too. Empty: posts need a token."}},
	}
}

// Receive decodes one post. The events of a batch are independent of each other:
// a broken one carries its own error.
func (Source) Receive(_ context.Context, a integrations.Account, r integrations.Request) ([]integrations.Event, error) {
	if !genuine(a.Get(integrations.SigningSecret), r) {
		return nil, integrations.ErrSignature
	}
	form, err := formOf(r.Header)
	if err != nil {
		return nil, err
	}
	if form == batched {
		return receiveBatch(r.Body)
	}
	e, err := read(form, r.Header, r.Body)
	if err != nil {
		return nil, err
	}
	return []integrations.Event{interpret(e, r.Body)}, nil
}

func receiveBatch(body []byte) ([]integrations.Event, error) {
	var list []json.RawMessage
	if err := decodeJSON(body, &list); err != nil {
		return nil, err
	}
	if list == nil {
		return nil, models.Errorf(models.Invalid, "A batch is a JSON array of events.")
	}
	events := make([]integrations.Event, len(list))
	for i, raw := range list {
		raw = bytes.Clone(raw)
		e, err := read(structured, nil, raw)
		if err != nil {
			events[i] = integrations.Event{Name: shortName(typeOf(raw)), Body: raw, Err: err}
			continue
		}
		events[i] = interpret(e, raw)
	}
	return events, nil
}

// Replay decodes a kept event again: a whole post, or one of a batch.
func (Source) Replay(_ context.Context, _ integrations.Account, _ string, header http.Header, body []byte) (integrations.Event, error) {
	form, err := formOf(header)
	if err != nil {
		return integrations.Event{}, err
	}
	e, err := read(form, header, body)
	if err != nil {
		return integrations.Event{}, err
	}
	return interpret(e, body), nil
}

// identity names an event once: its source and id, as CloudEvents have it. Tools that
// write CDEvents give the id of one thing to all that happens to it.
func identity(e envelope) string {
	if _, _, _, ok := cdType(e.Type); ok {
		return e.Source + " " + e.ID + " " + e.Type
	}
	return e.Source + " " + e.ID
}

// interpret says in our words what an event tells.
func interpret(e envelope, body []byte) integrations.Event {
	event := integrations.Event{ID: identity(e), Name: shortName(e.Type), Body: body}
	decode := decoderOf(e.Type)
	if decode == nil {
		event.Ignored = true
		return event
	}
	batch, err := decode(e)
	switch {
	case err != nil:
		event.Err = err
	case len(batch.Descriptions) == 0:
		event.Ignored = true
	default:
		event.Batch = batch
	}
	return event
}

// decoder reads the data of one type of event. A batch without descriptions
// means that the event is not for us.
type decoder func(envelope) (models.Batch, error)

func decoderOf(eventType string) decoder {
	if _, _, custom, ok := cdType(eventType); ok && custom {
		return forgiving(decodeCDEvent)
	} else if ok {
		return decodeCDEvent
	}
	switch eventType {
	case ours + "run.started.v1":
		return decodeRun(models.Running, "started_at")
	case ours + "run.metrics.v1":
		return decodeRun("", "")
	case ours + "run.finished.v1":
		return decodeRun(models.Passed, "ended_at")
	case ours + "pipeline_run.started.v1":
		return decodePipelineRun(models.Running, "started_at")
	case ours + "pipeline_run.finished.v1":
		return decodePipelineRun(models.Passed, "ended_at")
	case ours + "model_version.registered.v1":
		return decodeModelVersion
	case ours + "deployment.v1":
		return decodeDeployment
	}
	return nil
}

// ours begins the types of Throughline's own events.
const ours = "dev.throughline."

// shortName is a type as activity shows it: "run.finished".
func shortName(eventType string) string {
	if short, ok := strings.CutPrefix(eventType, ours); ok {
		return strings.TrimSuffix(short, ".v1")
	}
	if subject, predicate, _, ok := cdType(eventType); ok {
		return subject + "." + predicate
	}
	if eventType == "" {
		return "event"
	}
	return eventType
}
