package contract

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"throughline/e2e/mlflow"
)

// lossy passes requests on and loses the answers of the first two times that it sees
// one: what the server did is on its disk, and the client does not know.
type lossy struct {
	to   string
	mu   sync.Mutex
	seen map[[32]byte]int
	lost int
}

func (l *lossy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	again, _ := http.NewRequest(r.Method, l.to+r.URL.RequestURI(), bytes.NewReader(body))
	again.Header = r.Header.Clone()
	answer, err := http.DefaultClient.Do(again)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	if l.loses(r, body) {
		panic(http.ErrAbortHandler) // the connection is cut without an answer
	}
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.Header().Del("Content-Length")
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(text)
}

// loses tells whether this answer gets lost. That of create-experiment must come
// through: MLflow's client takes its own repetition for somebody else's experiment.
func (l *lossy) loses(r *http.Request, body []byte) bool {
	if r.Method == http.MethodGet || strings.HasSuffix(r.URL.Path, "experiments/create") {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	mark := sha256.Sum256(append([]byte(r.Method+r.URL.Path), body...))
	l.seen[mark]++
	if l.seen[mark] > 2 {
		return false
	}
	l.lost++
	return true
}

// Whatever call's answer is lost, the client's repetition makes nothing a second time.
func TestALostAnswerMakesNothingTwice(t *testing.T) {
	h := startHub(t)
	line := &lossy{to: "http://" + h.address, seen: map[[32]byte]int{}}
	proxy := httptest.NewServer(line)
	defer proxy.Close()
	client := mlflow.Client{Python: mlflow.Python(t), URI: proxy.URL, Env: []string{"MLFLOW_TRACKING_TOKEN=" + h.space("BAR"), "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR=0", "MLFLOW_HTTP_REQUEST_BACKOFF_JITTER=0"}}
	var made struct {
		Run, Second, Status string
		Loss, M             int
	}
	if err := json.Unmarshal([]byte(client.Run(t, "retry.py")), &made); err != nil {
		t.Fatal(err)
	}
	if line.lost < 50 {
		t.Fatalf("only %d answers were lost: the test tests nothing", line.lost)
	}
	if made.Loss != 20 || made.M != 1000 || made.Status != "FINISHED" || made.Run == made.Second {
		t.Errorf("made %+v", made)
	}
	var list struct{ Subjects []object }
	status, body := h.call("GET", "/api/v1/subjects?kind=run&source=mlflow", nil)
	if err := json.Unmarshal(body, &list); err != nil || len(list.Subjects) != 2 {
		t.Errorf("%d runs (%d %s), want 2", len(list.Subjects), status, body)
	}
}
