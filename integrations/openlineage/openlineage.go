// Package openlineage takes the events of OpenLineage's clients, as Airflow, dbt,
// Spark, Flink and the Python and Java clients post them: runs of jobs, what they
// read and wrote, and what is known of the data.
//
// The wire format is that of github.com/OpenLineage/OpenLineage, spec/OpenLineage.json
// 2-0-2 and spec/facets. Events are told apart by what they hold and never
// validated against the schema, because real clients send more and less than it says.
package openlineage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"throughline/integrations"
	"throughline/models"
)

// Source listens to OpenLineage.
type Source struct{}

// New is the source.
func New() Source { return Source{} }

// About describes the source.
func (Source) About() integrations.About {
	return integrations.About{
		Name:    "openlineage",
		Title:   "OpenLineage",
		Summary: "Pipeline runs, datasets, their versions, columns and checks, from Airflow, dbt, Spark, Flink and others.",
		Auth:    integrations.ByToken,
		MaxBody: 4 << 20,
	}
}

// Paths are where clients post: OPENLINEAGE_URL ends with the hook's address and a
// slash, and every client puts api/v1/lineage behind it. The spec's own is /lineage.
func (Source) Paths() []string {
	return []string{"api/v1/lineage", "api/v1/lineage/batch", "lineage", "lineage/batch"}
}

// Receive decodes one post: an event, or a list of them.
func (Source) Receive(_ context.Context, _ integrations.Account, r integrations.Request) ([]integrations.Event, error) {
	if !isBatch(r) {
		if err := readable(r.Body); err != nil {
			return nil, err
		}
		return []integrations.Event{interpret(r.Body)}, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(r.Body, &list); err != nil {
		return nil, models.Errorf(models.Invalid, "A batch is a JSON array of events: %w.", err)
	}
	events := make([]integrations.Event, len(list))
	for i, raw := range list {
		events[i] = interpret(bytes.Clone(raw))
	}
	return events, nil
}

// Replay decodes a kept event again; a kept body is always one event.
func (Source) Replay(_ context.Context, _ integrations.Account, _ string, _ http.Header, body []byte) (integrations.Event, error) {
	if err := readable(body); err != nil {
		return integrations.Event{}, err
	}
	return interpret(body), nil
}

func isBatch(r integrations.Request) bool {
	return strings.HasSuffix(r.Path, "batch") || bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("["))
}

// readable refuses what is no JSON at all, and says where it stops being it.
func readable(body []byte) error {
	var any json.RawMessage
	err := json.Unmarshal(body, &any)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return models.Errorf(models.Invalid, "The body is not JSON, at byte offset %d: %w.", syntax.Offset, err)
	}
	return err
}

// interpret says in our words what an event tells. What is no event of a run, a
// job or a dataset is not for us.
func interpret(body []byte) integrations.Event {
	out := integrations.Event{Name: "event", Body: body}
	e, err := read(body)
	if err != nil {
		out.Err = err
		return out
	}
	out.Name = e.name()
	batch, err := e.batch()
	switch {
	case err != nil:
		out.Err = err
	case len(batch.Descriptions) == 0:
		out.Ignored = true
	default:
		out.Batch = batch
	}
	return out
}
