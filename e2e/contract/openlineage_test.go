package contract

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"throughline/e2e/openlineage"
)

// TestOpenLineagesOwnClient: the Python client, told the address of a hook and a
// token as people are told to, compresses and posts; the run with its steps, the
// commit, the data and its checks are there.
func TestOpenLineagesOwnClient(t *testing.T) {
	python := openlineage.Python(t)
	h := startHub(t)
	h.project("BAR", "bar")
	h.want(http.StatusCreated, http.MethodPost, "/api/v1/projects/BAR/integrations", object{"source": "openlineage", "name": "air"})
	line := &through{to: "http://" + h.address}
	between := httptest.NewServer(line)
	defer between.Close()
	address := between.URL + "/hooks/openlineage/air/"
	plain := openlineage.Run(t, python, "emit.py", "OPENLINEAGE_URL="+address, "OPENLINEAGE_API_KEY="+h.token)
	if line.packed.Load() != 0 || len(strings.Fields(plain)) != 2 {
		t.Fatalf("%d packed: %s", line.packed.Load(), plain)
	}
	said := openlineage.Run(t, python, "emit.py", "OPENLINEAGE__TRANSPORT__TYPE=http", "OPENLINEAGE__TRANSPORT__URL="+address,
		"OPENLINEAGE__TRANSPORT__COMPRESSION=gzip", `OPENLINEAGE__TRANSPORT__AUTH={"type":"api_key","apiKey":"`+h.token+`"}`)
	if line.packed.Load() != 5 || line.created.Load() != 10 {
		t.Fatalf("%d packed, %d created", line.packed.Load(), line.created.Load())
	}
	ids := strings.Fields(said)
	if len(ids) != 2 {
		t.Fatalf("the client says %s", said)
	}
	run := h.lineage("pipeline_run", ids[0])
	if run.State != "failed" || run.Facts["error"] != "no rows of today" || run.Facts["pipeline"] != "prod/fraud_dag" {
		t.Errorf("the run: %+v", run)
	}
	steps := 0
	for name := range run.Facts {
		if strings.HasPrefix(name, "step.") {
			steps++
		}
	}
	if steps != 2 {
		t.Errorf("%d steps: %v", steps, run.Facts)
	}
	status, links := h.call(http.MethodGet, "/api/v1/links?from_kind=pipeline_run&from_key="+url.QueryEscape(ids[0]), nil)
	for _, want := range []string{`"built_from"`, `"github.com/acme/fraud@3f786850e387550fdab836ed7e6dc881de23001b"`, `"reads"`, `"writes"`} {
		if status != http.StatusOK || !strings.Contains(string(links), want) {
			t.Errorf("no link %s: %d %s", want, status, links)
		}
	}
	version := h.lineage("dataset_version", "s3://ml/features/fraud@run:"+ids[1])
	if version.Facts["rows"] != 12.0 || version.Facts["schema"] == nil {
		t.Errorf("the version: %+v", version)
	}
	if data := h.lineage("dataset", "s3://ml/features/fraud"); data.Facts["column_lineage"] == nil {
		t.Errorf("the dataset: %+v", data)
	}
}

type described struct {
	State string
	Facts object
}

func (h *hub) lineage(kind, key string) (d described) {
	h.Helper()
	status, body := h.call(http.MethodGet, "/api/v1/subjects/"+kind+"/"+url.PathEscape(key), nil)
	if err := json.Unmarshal(body, &d); status != http.StatusOK || err != nil {
		h.Fatalf("%s %s: %d %s", kind, key, status, body)
	}
	return d
}

// through passes posts on and counts what they are and how they are answered.
type through struct {
	to              string
	packed, created atomic.Int64
}

func (l *through) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	on, _ := http.NewRequestWithContext(r.Context(), r.Method, l.to+r.URL.Path, r.Body)
	on.Header, on.ContentLength = r.Header.Clone(), r.ContentLength
	answer, err := http.DefaultClient.Do(on)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer answer.Body.Close()
	if r.Header.Get("Content-Encoding") == "gzip" {
		l.packed.Add(1)
	}
	if answer.StatusCode == http.StatusCreated {
		l.created.Add(1)
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body)
}
