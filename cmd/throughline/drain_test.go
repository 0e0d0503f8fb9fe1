package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// ready is a hub with a project, a bots' integration and a token.
func ready(t *testing.T) (p *program, token string) {
	t.Helper()
	dir := t.TempDir()
	p = start(t, "serve", "--addr", "127.0.0.1:0", "--data", dir)
	_, stdout, _ := once(t, nil, "token", "create", "--data", dir, "--name", "outside", "--role", "administrator")
	token = lastLine(stdout)
	if status, answer := p.call(token, http.MethodPost, "/api/v1/projects", `{"key":"BAR","name":"Bar"}`); status != http.StatusCreated {
		t.Fatalf("project: %d %s", status, answer)
	}
	if status, answer := p.call(token, http.MethodPost, "/api/v1/projects/BAR/integrations", `{"source":"cloudevents","name":"bar"}`); status != http.StatusCreated {
		t.Fatalf("integration: %d %s", status, answer)
	}
	return p, token
}

func TestStopWaitsForARequestUnderWay(t *testing.T) {
	p, token := ready(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := `{"specversion":"1.0","id":"slow","source":"/ci","type":"dev.throughline.run.started.v1","data":{"run_id":"slow","experiment":"e","name":"slow"}}`
	fmt.Fprintf(conn, "POST /hooks/cloudevents/bar HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/cloudevents+json\r\nContent-Length: %d\r\n\r\n%s",
		strings.TrimPrefix(p.address, "http://"), token, len(body), body[:20])
	time.Sleep(100 * time.Millisecond) // the server has the half
	p.stop()
	p.wait("the end of the listener", func() bool { return p.get("/livez") == 0 })
	fmt.Fprint(conn, body[20:])
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("the request was cut: %v", err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusAccepted {
		t.Errorf("%d %s", answer.StatusCode, text)
	}
	if code := p.end(); code != exitDone {
		t.Errorf("exit %d", code)
	}
}

func TestStopTellsOpenBoardsToComeBack(t *testing.T) {
	p, token := ready(t)
	socket, _, err := websocket.Dial(t.Context(), strings.Replace(p.address, "http", "ws", 1)+"/projects/BAR/live?since=0",
		&websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.CloseNow() }()
	p.stop()
	for err == nil {
		_, _, err = socket.Read(t.Context())
	}
	if status := websocket.CloseStatus(err); status != websocket.StatusGoingAway {
		t.Errorf("closed with %d (%v), want 1001", status, err)
	}
}

func TestReadinessGoesBeforeTheListener(t *testing.T) {
	p := start(t, "serve", "--addr", "127.0.0.1:0", "--data", t.TempDir(), "--drain-wait", "2s")
	p.stop()
	p.wait("readyz to say no", func() bool { return p.get("/readyz") == http.StatusServiceUnavailable })
	if status := p.get("/livez"); status != http.StatusOK {
		t.Errorf("livez answers %d while draining", status)
	}
}

func TestDemoTellsItsStoryOnce(t *testing.T) {
	dir := t.TempDir()
	tell := func() (cards string, gaps int) {
		p := start(t, "demo", "--still", "--addr", "127.0.0.1:0", "--data", dir)
		p.wait("the story", func() bool { return strings.Contains(p.out.String(), "curl -X POST") })
		_, stdout, _ := once(t, nil, "token", "create", "--data", dir, "--name", "look", "--role", "viewer")
		token := lastLine(stdout)
		var line struct{ Gaps []any }
		_, body := p.call(token, http.MethodGet, "/api/v1/throughline/production/fraud-score", "")
		if err := json.Unmarshal([]byte(body), &line); err != nil || line.Gaps == nil {
			t.Fatalf("throughline: %s", body)
		}
		if _, body := p.call(token, http.MethodGet, "/api/v1/throughline/production/churn-propensity", ""); !strings.Contains(body, `"owner_model"`) {
			t.Errorf("churn-propensity has no gaps: %s", body)
		}
		cards = counts(t, p, token)
		if code := p.end(); code != exitDone {
			t.Errorf("exit %d: %s", code, p.errors.String())
		}
		return cards, len(line.Gaps)
	}
	first, gaps := tell()
	if gaps != 0 {
		t.Errorf("fraud-score has %d gaps", gaps)
	}
	if second, _ := tell(); first != second {
		t.Errorf("the second start told more:\n%s\n%s", first, second)
	}
}

// counts are the cards of each column but those of the offered curl lines.
func counts(t *testing.T, p *program, token string) string {
	t.Helper()
	var board struct {
		Columns []struct {
			Name  string
			Count int
		}
	}
	_, body := p.call(token, http.MethodGet, "/api/v1/projects/FRAUD/board?kind=pull_request,pipeline_run,model_version,deployment,task", "")
	if err := json.Unmarshal([]byte(body), &board); err != nil || len(board.Columns) == 0 {
		t.Fatalf("board: %s", body)
	}
	return fmt.Sprint(board.Columns)
}
