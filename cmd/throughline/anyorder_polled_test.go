package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"throughline/integrations"
	"throughline/integrations/fetch"
	"throughline/integrations/kubeflow"
	"throughline/integrations/tfx"
	"throughline/models/store"
)

// polled are the batches of a source that is asked until there is no more, each
// description by itself and twice: as if polls had met it one by one, and again.
func polled(t *testing.T, source integrations.Poller, account integrations.Account) (events []store.Inbound) {
	t.Helper()
	cursor := ""
	for more := true; more; {
		batch, again, err := source.Poll(context.Background(), account, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range batch.Descriptions {
			one := batch
			one.Descriptions, one.Cursor = append(one.Descriptions[:0:0], d), ""
			for range 2 {
				id := fmt.Sprint("poll ", len(events))
				events = append(events, inbound(integrations.Event{ID: id, Name: "poll", Body: []byte(id), Batch: one}, id))
			}
		}
		cursor, more = batch.Cursor, again
	}
	return events
}

// TestAnyOrderOfTFXGivesOneState: the store of a taxi pipeline.
func TestAnyOrderOfTFXGivesOneState(t *testing.T) {
	text, err := os.ReadFile(sampleFiles(t, "tfx", "*.sqlite")[0])
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "taxi.sqlite"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	source := tfx.New(fetch.New(fetch.Options{}), folder)
	events := polled(t, source, integrations.Account{ID: 1, Name: "taxi", Settings: map[string]string{"store": "sqlite:taxi.sqlite", "environment": "production"}})
	oneState(t, "tfx", events, 5, "subject pipeline_run", "subject model_version", "subject dataset_version")
}

// TestAnyOrderOfKubeflowGivesOneState: a finished run as the API's own tests have it.
func TestAnyOrderOfKubeflowGivesOneState(t *testing.T) {
	run, err := os.ReadFile(sampleFiles(t, "kfp", "*run_completed.json")[0])
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/runs"):
			fmt.Fprintf(w, `{"runs":[%s]}`, run)
		case strings.Contains(r.URL.Path, "/runs/"):
			_, _ = w.Write(run)
		default:
			fmt.Fprint(w, "{}")
		}
	}))
	defer server.Close()
	events := polled(t, kubeflow.New(server.Client()), integrations.Account{Settings: map[string]string{"url": server.URL}})
	oneState(t, "kubeflow", events, 0, "subject pipeline_run")
}
