package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"throughline/e2e/peers"
)

// TestARealAlertmanager: an alert that fires opens a breach, one that resolves ends
// it, and what is repeated changes nothing.
func TestARealAlertmanager(t *testing.T) {
	peers.Long(t)
	program, address := peers.Tool(t, "bin/alertmanager"), peers.Address(t)
	h := startHub(t)
	h.project("BAR", "bar")
	h.want(http.StatusCreated, http.MethodPost, "/api/v1/projects/BAR/integrations", object{"source": "alertmanager", "name": "am"})
	config := filepath.Join(t.TempDir(), "config.yml")
	if err := os.WriteFile(config, fmt.Appendf(nil, `route: {receiver: hub, group_wait: 100ms, group_interval: 1s, repeat_interval: 2s}
receivers:
  - name: hub
    webhook_configs: [{url: "http://%s/hooks/alertmanager/am", send_resolved: true, http_config: {authorization: {credentials: "%s"}}}]
`, h.address, h.token), 0o600); err != nil {
		t.Fatal(err)
	}
	peers.Start(t, address, program, "--config.file="+config, "--storage.path="+t.TempDir(), "--web.listen-address="+address, "--cluster.listen-address=")
	began := time.Now().UTC().Add(-time.Minute)
	alert := func(ends time.Time) {
		t.Helper()
		a := object{"labels": object{"alertname": "ModelDataDrift", "model": "fraud", "model_version": "7", "environment": "production", "severity": "page"}, "annotations": object{"summary": "PSI above 0.2"}, "startsAt": began}
		if !ends.IsZero() {
			a["endsAt"] = ends
		}
		text, _ := json.Marshal([]object{a})
		answer, err := http.Post("http://"+address+"/api/v2/alerts", "application/json", bytes.NewReader(text))
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatal(err, answer)
		}
		answer.Body.Close()
	}
	breaches := func() (out []described) {
		for _, b := range h.all("kind=breach") {
			out = append(out, h.lineage("breach", b["key"].(string)))
		}
		return out
	}
	h.until("Alertmanager", func() bool {
		answer, err := http.Get("http://" + address + "/-/ready")
		if err == nil {
			answer.Body.Close()
		}
		return err == nil && answer.StatusCode == http.StatusOK
	})
	alert(time.Time{})
	h.until("the breach", func() bool {
		b := breaches()
		return len(b) == 1 && b[0].State == "open" && b[0].Facts["model"] == "fraud"
	})
	time.Sleep(4 * time.Second) // it is repeated meanwhile
	if b := breaches(); len(b) != 1 || b[0].State != "open" {
		t.Fatalf("repeats change something: %+v", b)
	}
	alert(time.Now().UTC())
	h.until("the end of the breach", func() bool { b := breaches(); return len(b) == 1 && b[0].State == "recovered" })
}
