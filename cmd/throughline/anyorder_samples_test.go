package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"

	"throughline/integrations"
	"throughline/integrations/alertmanager"
	"throughline/integrations/cloudevents"
	"throughline/integrations/terraform"
	"throughline/models/store"
)

// twice are the events of a post, each of them twice.
func twice(t *testing.T, source integrations.Replayer, header http.Header, bodies [][]byte) (events []store.Inbound) {
	t.Helper()
	for i, body := range bodies {
		e, err := source.Replay(context.Background(), integrations.Account{}, "", header, body)
		if err != nil || e.Err != nil {
			t.Fatalf("%v %v: %.300s", err, e.Err, body)
		}
		id := e.ID
		if id == "" {
			id = fmt.Sprint("sample ", i)
		}
		events = append(events, inbound(e, id), inbound(e, id+" again"))
	}
	return events
}

func contents(t *testing.T, files []string) (out [][]byte) {
	t.Helper()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, text)
	}
	return out
}

// TestAnyOrderOfCDEventsGivesOneState: the conformance files of both versions tell of
// the same subjects at the same time.
func TestAnyOrderOfCDEventsGivesOneState(t *testing.T) {
	header := http.Header{"Content-Type": {"application/json"}}
	for _, version := range []string{"v0.4.1", "v0.5.1"} {
		bodies := contents(t, sampleFiles(t, "cdevents", version+"/*.json"))
		oneState(t, "cloudevents", twice(t, cloudevents.New(), header, bodies), 8, "subject pipeline_run", "subject breach", "subject environment")
	}
}

// TestAnyOrderOfAlertsGivesOneState: what a real Alertmanager posted.
func TestAnyOrderOfAlertsGivesOneState(t *testing.T) {
	var events []store.Inbound
	for _, body := range recorded(t, "alertmanager", "captured-*.jsonl") {
		told, err := alertmanager.New().Receive(context.Background(), integrations.Account{}, integrations.Request{Header: http.Header{}, Body: body})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range told {
			events = append(events, inbound(e, e.ID), inbound(e, e.ID+" again"))
		}
	}
	oneState(t, "alertmanager", events, 2, "subject breach", "recovered")
}

// TestAnyOrderOfTerraformGivesOneState: its documented notifications.
func TestAnyOrderOfTerraformGivesOneState(t *testing.T) {
	bodies := contents(t, sampleFiles(t, "terraform", "*notification*.json"))
	oneState(t, "terraform", twice(t, terraform.New(nil), http.Header{}, bodies), 1, "subject pipeline_run")
}
