package mlflow

import "testing"

// The signatures that MLflow's own server was recorded to send, also on retries.
func TestSignaturesAreMLflows(t *testing.T) {
	body := `{"entity": "model_version", "action": "created", "timestamp": "2026-11-22T06:17:35.884650+00:00", "data": {"name": "example_model", "version": "1", "source": "models:/123", "run_id": "abcd1234abcd5678", "tags": {"example_key": "example_value"}, "description": "An example model version"}, "workspace": "team-a"}`
	got := signature("s3cr3t", "8d3b95dd-8ec1-4662-accb-9aeac5335a01", "1795328255", body)
	if got != "v1,9PMoUju0dfaXiM/35zQY4kwaDGaV9hak9+uESKQVfnA=" {
		t.Error(got)
	}
}
