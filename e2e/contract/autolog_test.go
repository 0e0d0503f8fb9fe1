package contract

import (
	"encoding/json"
	"testing"

	"throughline/e2e/mlflow"
)

// TestAnUnmodifiedScript runs a training script from MLflow's own examples: its run,
// with parameters, metrics and a logged model, is on the board.
func TestAnUnmodifiedScript(t *testing.T) {
	h := startHub(t)
	client := mlflow.Client{Python: mlflow.Python(t), URI: "http://" + h.address, Env: []string{"MLFLOW_TRACKING_TOKEN=" + h.space("BAR")}}
	run := client.Run(t, "autolog.py")
	status, body := h.call("GET", "/api/v1/subjects/run/"+run, nil)
	var found struct {
		State string
		Facts object
	}
	if err := json.Unmarshal(body, &found); err != nil || status != 200 || found.State != "passed" {
		t.Fatalf("%d %s", status, body)
	}
	if found.Facts["param.fit_intercept"] != "True" || found.Facts["metric.training_r2_score"] == nil {
		t.Errorf("its facts are %v", found.Facts)
	}
	status, body = h.call("GET", "/p/BAR/api/2.0/mlflow/runs/get?run_id="+run, nil)
	var whole struct {
		Run struct {
			Outputs struct {
				Models []object `json:"model_outputs"`
			} `json:"outputs"`
		} `json:"run"`
	}
	if err := json.Unmarshal(body, &whole); err != nil || status != 200 || len(whole.Run.Outputs.Models) != 1 {
		t.Errorf("its logged model: %d %s", status, body)
	}
}
