package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// eventHub is a hub with a project, a token that may tell it what happened and
// nothing else, and one that may read.
func eventHub(t *testing.T) (p *program, token, reader string) {
	t.Helper()
	data := t.TempDir()
	p = start(t, "serve", "--addr", "127.0.0.1:0", "--data", data)
	_, admin, _ := once(t, nil, "token", "create", "--data", data, "--name", "setup", "--role", "administrator")
	for _, made := range [][2]string{{"/api/v1/projects", `{"key":"FRAUD","name":"Fraud"}`}, {"/api/v1/projects/FRAUD/integrations", `{"source":"cloudevents","name":"bots"}`}} {
		if status, text := p.call(lastLine(admin), "POST", made[0], made[1]); status != http.StatusCreated {
			t.Fatal(status, text)
		}
	}
	code, bot, stderr := once(t, nil, "token", "create", "--data", data, "--name", "bot", "--role", "contributor", "--project", "FRAUD", "--scope", "events:write")
	if code != exitDone {
		t.Fatal(stderr)
	}
	return p, lastLine(bot), lastLine(admin)
}

func shellOf(address, token string) map[string]string {
	return map[string]string{"THROUGHLINE_URL": address, "THROUGHLINE_TOKEN": token}
}

// TestAShellTellsWhatHappened: by the address and the token alone, by the project,
// by the name of the integration and by the address of its hook.
func TestAShellTellsWhatHappened(t *testing.T) {
	p, token, reader := eventHub(t)
	run := []string{"event", "run.finished", "experiment=fraud", "state=passed", "metrics.auc:=0.93", "commit.repository=github.com/acme/fraud", "commit.sha=" + strings.Repeat("a1", 20)}
	for id, way := range map[string]struct {
		address string
		more    []string
	}{"alone": {p.address, nil}, "slash": {p.address + "/", nil}, "project": {p.address, []string{"--project", "fraud"}}, "name": {p.address, []string{"--to", "bots"}}, "hook": {p.address + "/hooks/cloudevents/bots", nil}} {
		code, stdout, stderr := once(t, shellOf(way.address, token), append(append(run, "run_id="+id), way.more...)...)
		if code != exitDone || !strings.Contains(stdout, "applied") {
			t.Errorf("%s: exit %d\n%s%s", id, code, stdout, stderr)
		}
		status, text := p.call(reader, "GET", "/api/v1/subjects/run/"+id, "")
		for _, want := range []string{`"state":"passed"`, `"metric.auc":0.93`, `"experiment":"fraud"`} {
			if status != http.StatusOK || !strings.Contains(text, want) {
				t.Errorf("%s lacks %s: %d %s", id, want, status, text)
			}
		}
	}
}

// TestWhatTheHubCannotUseFailsTheShell: a parked event and a refused one exit with 1.
func TestWhatTheHubCannotUseFailsTheShell(t *testing.T) {
	p, token, _ := eventHub(t)
	for name, c := range map[string]struct {
		args  []string
		token string
		code  int
		words string
	}{
		"parked":    {[]string{"run.finished", "run_id=x", "metrics.auc=good"}, token, exitFailed, "metrics"},
		"refused":   {[]string{"run.finished", "run_id=x"}, "tl_wrong", exitFailed, "401"},
		"elsewhere": {[]string{"run.finished", "run_id=x", "--project", "OTHER"}, token, exitFailed, "404"},
		"misspelt":  {[]string{"run.finnished", "run_id=x"}, token, exitRefuse, "run.finished"},
		"no field":  {[]string{"run.finished", "run_id"}, token, exitRefuse, "NAME=TEXT"},
		"no JSON":   {[]string{"run.finished", "a:=b"}, token, exitRefuse, "is not JSON"},
		"no object": {[]string{"run.finished", "a=b", "a.b=c"}, token, exitRefuse, "a is a value already"},
		"data":      {[]string{"run.finished", "--data", "[]"}, token, exitRefuse, "--data is no JSON object"},
		"null":      {[]string{"run.finished", "--data", "null"}, token, exitRefuse, "--data is no JSON object"},
		"time":      {[]string{"run.finished", "--at", "noon"}, token, exitRefuse, "--at"},
		"no token":  {[]string{"run.finished"}, "", exitRefuse, "THROUGHLINE_TOKEN"},
	} {
		code, stdout, stderr := once(t, shellOf(p.address, c.token), append([]string{"event"}, c.args...)...)
		if code != c.code || !strings.Contains(stderr, c.words) || token != "" && strings.Contains(stdout+stderr, token) {
			t.Errorf("%s: exit %d\n%s%s", name, code, stdout, stderr)
		}
	}
	if code, _, stderr := once(t, shellOf("throughline.example.com", token), "event", "run.finished"); code != exitRefuse || !strings.Contains(stderr, "--url (THROUGHLINE_URL)") {
		t.Errorf("exit %d %s", code, stderr)
	}
	code, _, stderr := once(t, shellOf(p.address, token), "event", "com.example.thing.happened")
	if code != exitDone || !strings.Contains(stderr, "knows no events") {
		t.Errorf("a type of others: exit %d %s", code, stderr)
	}
}

// TestALostAnswerMakesNoSecondEvent: the line is cut after the hub has the event, the
// command sends it again, and the hub has it once.
func TestALostAnswerMakesNoSecondEvent(t *testing.T) {
	p, token, reader := eventHub(t)
	there, _ := url.Parse(p.address)
	pass := httputil.NewSingleHostReverseProxy(there)
	var asked atomic.Int32
	line := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch asked.Add(1) {
		case 1:
			w.WriteHeader(http.StatusBadGateway)
		case 2:
			pass.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		default:
			pass.ServeHTTP(w, r)
		}
	}))
	defer line.Close()
	code, stdout, stderr := once(t, shellOf(line.URL, token), "event", "run.metrics", "run_id=once", "metrics.auc:=0.5", "--to", "bots")
	if code != exitDone || !strings.Contains(stdout, "was known") || asked.Load() != 3 {
		t.Fatalf("exit %d after %d requests\n%s%s", code, asked.Load(), stdout, stderr)
	}
	if status, text := p.call(reader, "GET", "/api/v1/subjects/run/once", ""); status != http.StatusOK || !strings.Contains(text, `"metric.auc":0.5`) {
		t.Errorf("%d %s", status, text)
	}
	if code, stdout, _ = once(t, shellOf(p.address, token), "event", "run.finished", "run_id=once", "--id", "a", "--json"); code != exitDone || !strings.Contains(stdout, `"state":"applied"`) {
		t.Error(code, stdout)
	}
	if _, stdout, _ = once(t, shellOf(p.address, token), "event", "run.finished", "run_id=once", "--id", "a", "--json"); !strings.Contains(stdout, `"duplicate":true`) {
		t.Error(stdout)
	}
}

func TestAHubThatIsNotThereIsSaid(t *testing.T) {
	code, _, stderr := once(t, shellOf("http://127.0.0.1:1", "t"), "event", "run.finished", "run_id=x", "--to", "bots", "--wait", "0s")
	if code != exitFailed || !strings.Contains(stderr, "127.0.0.1:1 could not be asked") {
		t.Errorf("exit %d %s", code, stderr)
	}
	moved := httptest.NewServer(http.RedirectHandler("https://throughline.example.com/", http.StatusMovedPermanently))
	defer moved.Close()
	code, _, stderr = once(t, shellOf(moved.URL, "t"), "event", "run.finished", "run_id=x", "--to", "bots")
	if code != exitFailed || !strings.Contains(stderr, "https://throughline.example.com/") {
		t.Errorf("exit %d %s", code, stderr)
	}
}

func TestTheDataOfAnEvent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data.json")
	if err := os.WriteFile(file, []byte(`{"params":{"depth":4},"state":"running"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := eventCommand{Data: "@" + file, Fields: []string{"state=passed", "params.kind=a=b", "datasets:=[{\"name\":\"x\"}]", "note="}}.data()
	if want := "map[datasets:[map[name:x]] note: params:map[depth:4 kind:a=b] state:passed]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("%v %v", got, err)
	}
	if _, err := (eventCommand{Data: "@" + file + ".not"}).data(); err == nil {
		t.Error("a file that is not there is no error")
	}
}
