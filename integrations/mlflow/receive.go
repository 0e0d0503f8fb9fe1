package mlflow

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// delivery is the body of a webhook.
type delivery struct {
	Entity    text `json:"entity"`
	Action    text `json:"action"`
	At        text `json:"timestamp"`
	Workspace text `json:"workspace"`
	Data      struct {
		Name        text              `json:"name"`
		Version     text              `json:"version"`
		Source      text              `json:"source"`
		RunID       text              `json:"run_id"`
		Tags        map[string]string `json:"tags"`
		Description text              `json:"description"`
		Key         text              `json:"key"`
		Alias       text              `json:"alias"`
	} `json:"data"`
}

// Receive verifies and reads one webhook. MLflow tells of its registry only, and of
// no more than what is new there: what a post says as a whole is told; otherwise,
// the server is asked at once.
func (s *Source) Receive(_ context.Context, a integrations.Account, r integrations.Request) ([]integrations.Event, error) {
	if !genuine(a.Get("secret"), r.Header, r.Body, r.Now) {
		return nil, integrations.ErrSignature
	}
	e, err := s.event(a, r.Body)
	e.ID = r.Header.Get(deliveryHeader)
	return []integrations.Event{e}, err
}

// Replay reads a kept webhook again.
func (s *Source) Replay(_ context.Context, a integrations.Account, _ string, _ http.Header, body []byte) (integrations.Event, error) {
	return s.event(a, body)
}

func (s *Source) event(a integrations.Account, body []byte) (integrations.Event, error) {
	e := integrations.Event{Body: body}
	var d delivery
	if err := json.Unmarshal(body, &d); err != nil || !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return e, models.Errorf(models.Invalid, "The body is not a JSON object of MLflow's: %v", err)
	}
	e.Name = integrations.Cut(string(d.Entity+"."+d.Action), 100)
	if d.example() || d.prompt() || !follows(a, string(d.Workspace)) {
		e.Ignored = true
		return e, nil
	}
	server, err := s.server(a)
	if err != nil {
		e.Err = err
		return e, nil
	}
	server.workspace = string(d.Workspace)
	e.Batch.Descriptions, e.Err = (&reading{server: server}).news(d)
	e.Poke = e.Err == nil
	return e, nil
}

// news is what a webhook says of a thing as a whole. Of a version's tags and
// aliases it names one of several: those are read from the server.
func (r *reading) news(d delivery) ([]models.Description, error) {
	at, err := time.Parse(time.RFC3339Nano, string(d.At))
	if err != nil || d.Data.Name == "" {
		return nil, models.Errorf(models.Invalid, "A webhook of MLflow has a name and a timestamp.")
	}
	stamp := integer(at.UnixMilli())
	switch d.Entity + "." + d.Action {
	case "registered_model.created":
		ref := models.Ref{Kind: models.Model, Key: r.modelKey(d.Data.Name)}
		return []models.Description{{Ref: ref, At: at, Title: ref.Key, URL: r.page("models", string(d.Data.Name)),
			Facts: map[string]any{"description": orNone(clean(d.Data.Description)), "tags": words(d.tags()), "deleted": nil}}}, nil
	case "model_version.created":
		if d.Data.Version == "" {
			return nil, models.Errorf(models.Invalid, "A model version has a number.")
		}
		v := modelVersion{Name: d.Data.Name, Version: d.Data.Version, Created: stamp, Source: d.Data.Source, RunID: d.Data.RunID, Description: d.Data.Description}
		said := r.describeVersion(v)
		delete(said.Facts, "stage")
		delete(said.Facts, "user")
		delete(said.Facts, "status_message")
		said.Facts["deleted"], said.Facts["tags"] = nil, words(d.tags())
		return []models.Description{said}, nil
	}
	return nil, nil
}

func (d delivery) tags() (out []tag) {
	for key, value := range d.Data.Tags {
		out = append(out, tag{Key: text(key), Value: text(value)})
	}
	return out
}

// example tells of the payload of "Test webhook", which looks like a true one.
func (d delivery) example() bool {
	return d.Data.Name == "example_model" && (d.Data.RunID == "abcd1234abcd5678" || d.Data.Key == "example_key" || d.Data.Alias == "example_alias" ||
		d.Data.Tags["example_key"] == "example_value")
}

// prompt tells of prompts, which are no models.
func (d delivery) prompt() bool {
	return strings.HasPrefix(string(d.Entity), "prompt") || strings.EqualFold(d.Data.Tags["mlflow.prompt.is_prompt"], "true") || d.Data.Tags["mlflow.prompt.text"] != ""
}

// follows tells whether a workspace is one that the account follows.
func follows(a integrations.Account, workspace string) bool {
	names := globs(a.Get("workspaces"))
	if len(names) == 0 {
		return workspace == "" || workspace == ordinary
	}
	return slices.Contains(names, "*") || slices.Contains(names, workspace)
}
