package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// space makes a project and a token that logs to it.
func (h *hub) space(key string) (token string) {
	h.Helper()
	h.want(201, "POST", "/api/v1/projects", object{"key": key, "name": key})
	out, err := exec.Command(program, "token", "create", "--data", h.data, "--name", "scripts", "--role", "contributor", "--project", key).Output()
	if err != nil {
		h.Fatalf("token create: %v", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// trainer is a script that logs batches and repeats what was not acknowledged.
type trainer struct {
	h     *hub
	token string
	run   string
	sent  int // acknowledged batches
}

const (
	batchPoints = 1000
	batchKeys   = 10
)

// send posts until it is acknowledged or the deadline is over.
func (tr *trainer) send(path string, body any, until time.Time, into any) bool {
	text, _ := json.Marshal(body)
	for time.Now().Before(until) {
		request, _ := http.NewRequest(http.MethodPost, "http://"+tr.h.address+"/api/2.0/mlflow/"+path, bytes.NewReader(text))
		request.Header.Set("Authorization", "Bearer "+tr.token)
		answer, err := http.DefaultClient.Do(request)
		if err == nil {
			ok := answer.StatusCode == http.StatusOK
			if ok && into != nil {
				err = json.NewDecoder(answer.Body).Decode(into)
			}
			answer.Body.Close()
			if ok && err == nil {
				return true
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}

func (tr *trainer) begin(n int, until time.Time) bool {
	var made struct {
		Run struct {
			Info struct {
				RunID string `json:"run_id"`
			}
		}
	}
	ok := tr.send("runs/create", object{"experiment_id": "0", "run_name": fmt.Sprintf("load-%d", n), "start_time": 1000 + n}, until, &made)
	tr.run = made.Run.Info.RunID
	return ok
}

// batch is the nth thousand points: ten metrics, a hundred steps each.
func (tr *trainer) batch(n int) object {
	metrics := make([]object, 0, batchPoints)
	for i := range batchPoints {
		step := n*batchPoints/batchKeys + i/batchKeys
		metrics = append(metrics, object{"key": fmt.Sprintf("m%d", i%batchKeys), "value": float64(step) / 3, "timestamp": 1000 + step, "step": step})
	}
	return object{"run_id": tr.run, "metrics": metrics}
}

// TestNothingLoggedIsLost has fifty runs log batches of a thousand metrics while the
// program is killed and started again; every point is there once.
func TestNothingLoggedIsLost(t *testing.T) {
	h := startHub(t)
	token := h.space("BAR")
	list := make([]*trainer, 50)
	until := time.Now().Add(60 * time.Second)
	var work sync.WaitGroup
	for n := range list {
		list[n] = &trainer{h: h, token: token}
		work.Go(func() { // ends with its batches, or at the deadline
			tr := list[n]
			for ok := tr.begin(n, until); ok && tr.sent < 6; {
				if ok = tr.send("runs/log-batch", tr.batch(tr.sent), until, nil); ok {
					tr.sent++
				}
			}
		})
	}
	for range 3 {
		time.Sleep(400 * time.Millisecond)
		h.kill()
	}
	work.Wait()
	for _, tr := range list {
		tr.verify(t)
	}
	if runs := h.all("kind=run"); len(runs) != len(list) {
		t.Errorf("%d runs, want %d", len(runs), len(list))
	}
}

func (tr *trainer) verify(t *testing.T) {
	t.Helper()
	if tr.sent != 6 {
		t.Fatalf("only %d batches were taken", tr.sent)
	}
	for key := range batchKeys {
		var page struct {
			Metrics []struct {
				Step, Timestamp int
				Value           float64
			}
		}
		status, body := tr.h.call("GET", fmt.Sprintf("/p/BAR/api/2.0/mlflow/metrics/get-history?run_id=%s&metric_key=m%d", tr.run, key), nil)
		if err := json.Unmarshal(body, &page); err != nil || len(page.Metrics) != 6*batchPoints/batchKeys {
			t.Fatalf("m%d: %d points (%d)", key, len(page.Metrics), status)
		}
		for n, p := range page.Metrics {
			if p.Step != n || p.Timestamp != 1000+n || p.Value != float64(n)/3 {
				t.Fatalf("m%d: point %d is %+v", key, n, p)
			}
		}
	}
}
