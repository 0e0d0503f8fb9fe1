package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"throughline/integrations"
	"throughline/integrations/openlineage"
	"throughline/models/store"
)

// TestAnyOrderOfOpenLineageGivesOneState: what OpenLineage's own tests expect of
// dbt and Flink, and what its Python client sent, twice, backwards and shuffled,
// leaves one state.
func TestAnyOrderOfOpenLineageGivesOneState(t *testing.T) {
	var events []store.Inbound
	for _, body := range lineageSamples(t) {
		e, err := openlineage.New().Replay(context.Background(), integrations.Account{}, "", nil, body)
		if err != nil || e.Err != nil {
			t.Fatalf("%v %v: %s", err, e.Err, body)
		}
		for again := range 2 {
			events = append(events, inbound(e, fmt.Sprint(len(events), " ", again)))
		}
	}
	oneState(t, "openlineage", events, 300, "dataset_version")
}

// lineageSamples are the events of the samples, with their placeholders filled.
func lineageSamples(t *testing.T) (out [][]byte) {
	t.Helper()
	for _, pattern := range []string{"dbt/*.json", "flink/*.json", "captured-*.jsonl"} {
		for _, file := range sampleFiles(t, "openlineage", pattern) {
			for i, e := range lineageOf(t, file) {
				fill(e, fmt.Sprintf("2026-05-04T10:%02d:%02d.%03dZ", i/60, i%60, len(out)%1000))
				text, _ := json.Marshal(e)
				out = append(out, text)
			}
		}
	}
	if len(out) < 400 {
		t.Fatalf("%d events", len(out))
	}
	return out
}

func lineageOf(t *testing.T, file string) (out []map[string]any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if json.Unmarshal(text, &out) == nil {
		return out
	}
	for dec := json.NewDecoder(bytes.NewReader(text)); dec.More(); {
		var e map[string]any
		if err := dec.Decode(&e); err != nil {
			t.Fatal(err)
		}
		if body, recorded := e["body"].(map[string]any); recorded {
			e = body
		}
		if e["run"] != nil {
			out = append(out, e)
		}
	}
	return out
}

// fill gives an event what stands in it as a placeholder: a run is named after its job.
func fill(e map[string]any, at string) {
	if when, _ := e["eventTime"].(string); when == "" || strings.ContainsAny(when, "{$") {
		e["eventTime"] = at
	}
	run, _ := e["run"].(map[string]any)
	facets, _ := run["facets"].(map[string]any)
	if parent, ok := facets["parent"].(map[string]any); ok {
		identify(parent["run"], parent["job"])
	}
	identify(run, e["job"])
}

func identify(run, job any) {
	r, _ := run.(map[string]any)
	j, _ := job.(map[string]any)
	if id, _ := r["runId"].(string); r != nil && (id == "" || strings.ContainsAny(id, "{$")) {
		r["runId"] = fmt.Sprintf("run of %v", j["name"])
	}
}

// fresh are copies that the store may change.
func fresh(events []store.Inbound) (out []store.Inbound) {
	for _, in := range events {
		text, _ := json.Marshal(in.Batch)
		in.Batch.Descriptions = nil
		_ = json.Unmarshal(text, &in.Batch)
		out = append(out, in)
	}
	return out
}
