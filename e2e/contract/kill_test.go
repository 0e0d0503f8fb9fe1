package contract

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"
)

// rounds is how often the program is killed: three times, in the long tier as
// often as the promise was made for.
func rounds() int {
	if os.Getenv("THROUGHLINE_LONG") != "" {
		return 100
	}
	return 3
}

// TestNothingAcknowledgedIsLost kills the program while four bots post, and then
// looks for every event that was answered with 2xx.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	h := startHub(t)
	h.project("BAR", "bar")
	var ledger sync.Map // run id → true, once acknowledged
	for round := range rounds() {
		stop := make(chan struct{})
		var bots sync.WaitGroup
		for bot := range 4 {
			bots.Go(func() { h.post(round, bot, &ledger, stop) }) // ends with stop
		}
		time.Sleep(time.Duration(200+rand.IntN(600)) * time.Millisecond)
		_ = h.cmd.Process.Kill()
		close(stop)
		bots.Wait()
		h.kill()
	}
	h.look(&ledger)
}

func (h *hub) post(round, bot int, ledger *sync.Map, stop <-chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		id := fmt.Sprintf("run-%d-%d-%d", round, bot, n)
		body := fmt.Sprintf(`{"specversion":"1.0","id":"%s","source":"/ci","type":"dev.throughline.run.started.v1","data":{"run_id":"%s","experiment":"e","name":"%s","started_at":"2026-01-02T03:04:05Z"}}`, id, id, id)
		request, _ := http.NewRequest(http.MethodPost, "http://"+h.address+"/hooks/cloudevents/bar", bytes.NewBufferString(body))
		request.Header.Set("Authorization", "Bearer "+h.token)
		request.Header.Set("Content-Type", "application/cloudevents+json")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			continue
		}
		if answer.Body.Close(); answer.StatusCode == http.StatusAccepted {
			ledger.Store(id, true)
		}
	}
}

func (h *hub) look(ledger *sync.Map) {
	h.Helper()
	kept := map[string]bool{}
	for _, s := range h.all("kind=run") {
		kept[fmt.Sprint(s["key"])] = true
	}
	acknowledged, lost := 0, 0
	ledger.Range(func(id, _ any) bool {
		acknowledged++
		if !kept[id.(string)] {
			lost++
		}
		return true
	})
	if acknowledged < 20 {
		h.Errorf("only %d events were acknowledged: too few to say anything", acknowledged)
	}
	if lost > 0 {
		h.Errorf("%d of %d acknowledged events are lost", lost, acknowledged)
	}
}

// all pages through a list of subjects.
func (h *hub) all(filter string) (list []object) {
	h.Helper()
	for after := ""; ; {
		page := h.want(http.StatusOK, http.MethodGet, "/api/v1/subjects?limit=200&"+filter+after, nil)
		for _, s := range page["subjects"].([]any) {
			list = append(list, s.(object))
		}
		next, _ := page["next"].(string)
		if next == "" {
			return list
		}
		after = "&after=" + next
	}
}
