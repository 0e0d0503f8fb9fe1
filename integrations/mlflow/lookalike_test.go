package mlflow

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"throughline/integrations"
	"throughline/integrations/fetch"
	"throughline/models"
)

// lookalike is an MLflow server in memory: objects as JSON, offset page tokens
// and as much of the filters as the source uses.
type lookalike struct {
	*httptest.Server
	mu          sync.Mutex
	experiments []map[string]any
	runs        []map[string]any
	models      []map[string]any
	versions    []map[string]any
	calls       []string
	// answer, when set, answers instead.
	answer http.HandlerFunc
}

func newLookalike(t *testing.T) *lookalike {
	l := &lookalike{}
	l.Server = httptest.NewServer(l)
	t.Cleanup(l.Close)
	return l
}

func (l *lookalike) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, strings.TrimPrefix(r.URL.Path, "/api/2.0/mlflow/"))
	if l.answer != nil {
		l.answer(w, r)
		return
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "experiments/search"):
		l.page(w, r, "experiments", l.experiments)
	case strings.HasSuffix(r.URL.Path, "runs/search"):
		l.page(w, r, "runs", l.runs)
	case strings.HasSuffix(r.URL.Path, "registered-models/search"):
		l.page(w, r, "registered_models", l.models)
	case strings.HasSuffix(r.URL.Path, "model-versions/search"):
		l.page(w, r, "model_versions", l.versions)
	}
}

// ask is what all searches have in common.
type ask struct {
	Filter      string   `json:"filter"`
	Token       string   `json:"page_token"`
	Max         int      `json:"max_results"`
	Order       []string `json:"order_by"`
	Experiments []string `json:"experiment_ids"`
	View        string   `json:"run_view_type"`
}

func readAsk(r *http.Request) (q ask) {
	if r.Method == http.MethodPost {
		json.NewDecoder(r.Body).Decode(&q)
		return q
	}
	v := r.URL.Query()
	q.Filter, q.Token = v.Get("filter"), v.Get("page_token")
	q.Max, _ = strconv.Atoi(v.Get("max_results"))
	return q
}

func (l *lookalike) page(w http.ResponseWriter, r *http.Request, name string, all []map[string]any) {
	q := readAsk(r)
	found := slices.DeleteFunc(slices.Clone(all), func(o map[string]any) bool { return !q.matches(o) })
	offset := 0
	if q.Token != "" {
		text, err := base64.StdEncoding.DecodeString(q.Token)
		if offset, _ = strconv.Atoi(string(text)); err != nil {
			w.WriteHeader(400)
			fmt.Fprint(w, `{"error_code":"INVALID_PARAMETER_VALUE","message":"Invalid page token"}`)
			return
		}
	}
	end := min(offset+q.Max, len(found))
	out := map[string]any{name: found[min(offset, end):end]}
	if end < len(found) {
		out["next_page_token"] = base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(end)))
	}
	json.NewEncoder(w).Encode(out)
}

func (q ask) matches(o map[string]any) bool {
	info, _ := o["info"].(map[string]any)
	name, value, compared := strings.Cut(strings.TrimPrefix(q.Filter, "attributes."), " > ")
	bound, _ := strconv.Atoi(value)
	at, _ := info[name].(int)
	switch {
	case info != nil && !slices.Contains(q.Experiments, info["experiment_id"].(string)):
		return false
	case compared:
		return at > bound
	case strings.HasPrefix(q.Filter, "name = "):
		return q.Filter == fmt.Sprintf("name = '%s'", o["name"])
	case strings.Contains(q.Filter, "status"):
		return info["status"] == "RUNNING"
	case strings.Contains(q.Filter, "run_id IN"):
		return strings.Contains(q.Filter, "'"+info["run_id"].(string)+"'")
	}
	return true
}

// addRuns adds n finished runs to experiment 1, from a moment on.
func (l *lookalike) addRuns(prefix string, n int, from time.Time) {
	for i := range n {
		at := int(from.UnixMilli()) + i
		l.runs = append(l.runs, map[string]any{"info": map[string]any{"run_id": fmt.Sprintf("%s%d", prefix, i), "experiment_id": "1",
			"run_name": "r", "status": "FINISHED", "start_time": at, "end_time": at}})
	}
}

// poller follows a lookalike and notes what it is told.
type poller struct {
	source  *Source
	account integrations.Account
	cursor  string
	facts   map[models.Ref]models.Facts
	polls   int
	largest int // batch
}

func follow(l *lookalike, settings ...string) *poller {
	p := &poller{source: New(fetch.New(fetch.Options{Allow: []string{"127.0.0.1"}, Timeout: 500 * time.Millisecond, MaxBytes: 1 << 20}).HTTP()),
		account: integrations.Account{ID: 7, Settings: map[string]string{"url": l.URL}}, facts: map[models.Ref]models.Facts{}}
	for i := 0; i < len(settings); i += 2 {
		p.account.Settings[settings[i]] = settings[i+1]
	}
	return p
}

// poll polls until nothing is left, and counts what was told.
func (p *poller) poll(t *testing.T) (told int) {
	t.Helper()
	for range 1000 {
		batch, more, err := p.source.Poll(t.Context(), p.account, p.cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range batch.Descriptions {
			p.merge(t, d)
		}
		p.polls++
		p.largest = max(p.largest, len(batch.Descriptions))
		told += len(batch.Descriptions)
		if p.cursor = batch.Cursor; !more {
			return told
		}
	}
	t.Fatal("the polls never end")
	return told
}

func (p *poller) merge(t *testing.T, d models.Description) {
	t.Helper()
	if d.At.IsZero() || d.Ref.Key == "" || !d.Ref.Kind.Known() {
		t.Errorf("a description without time, key or kind: %+v", d)
	}
	if p.facts[d.Ref] == nil {
		p.facts[d.Ref] = models.Facts{}
	}
	p.facts[d.Ref].Merge(d, 1)
}

func (p *poller) fact(kind models.Kind, key, name string) any {
	f := p.facts[models.Ref{Kind: kind, Key: key}]
	if name == "state" {
		return string(f.State().State)
	}
	return f.Values()[name]
}

func (p *poller) count(kind models.Kind) (n int) {
	for ref := range p.facts {
		if ref.Kind == kind {
			n++
		}
	}
	return n
}
