package contract

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"throughline/e2e/mlflow"
)

// parts of the scripted day that are compared.
var dayParts = []string{"tracking", "searches", "artifacts", "registry_day"}

// TestADayOfTheRealClient runs the scripted day of MLflow's client against MLflow's
// server and against us: the same results, value by value.
func TestADayOfTheRealClient(t *testing.T) {
	compareDays(t, mlflow.Python(t))
}

// TestADayOfAnOldClient is the same day with the client of 2.17.
func TestADayOfAnOldClient(t *testing.T) {
	python := filepath.Join("..", "..", ".cache", "mlflow2-venv", "bin", "python")
	if folder := os.Getenv("THROUGHLINE_MLFLOW2_VENV"); folder != "" {
		python = filepath.Join(folder, "bin", "python")
	}
	python, _ = filepath.Abs(python)
	if _, err := os.Stat(python); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("MLflow's old client is not installed: run e2e/mlflow/install.sh")
		}
		t.Skip("MLflow's old client is not installed: run e2e/mlflow/install.sh")
	}
	compareDays(t, python)
}

func compareDays(t *testing.T, python string) {
	real := mlflow.Start(t)
	h := startHub(t)
	theirs := mlflow.Client{Python: python, URI: real.URL}.Run(t, "day.py", dayParts...)
	ours := mlflow.Client{Python: python, URI: "http://" + h.address, Env: []string{"MLFLOW_TRACKING_TOKEN=" + h.space("BAR")}}.Run(t, "day.py", dayParts...)
	want, got := readDay(t, theirs), readDay(t, ours)
	if len(want) < 100 {
		t.Fatalf("a day of %d steps", len(want))
	}
	for n, w := range want {
		if n >= len(got) {
			t.Fatalf("our day ends after %d steps of %d", len(got), len(want))
		}
		if !sameResult(w.result, got[n].result) || w.name != got[n].name {
			t.Errorf("%s:\n MLflow %s\n ours   %s", w.name, asText(w.result), asText(got[n].result))
		}
	}
}

type dayStep struct {
	name   string
	result any
}

func readDay(t *testing.T, text string) (day []dayStep) {
	t.Helper()
	var list [][2]any
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatalf("%v in %.300s", err, text)
	}
	for _, s := range list {
		name, _ := s[0].(string)
		day = append(day, dayStep{name, s[1]})
	}
	return day
}

// loose are words of sentences that need not be the same: the reference's own
// database, sets that it prints in any order, and what other versions of it say.
var loose = []string{"sqlite3", "'{", "comparator", "Value was of type"}

// sameResult compares two results; of an error the code, and mostly the sentence.
func sameResult(want, got any) bool {
	w, isError := want.(object)
	g, also := got.(object)
	if message, ok := w["message"].(string); isError && also && ok && w["error_code"] != nil {
		if slices.ContainsFunc(loose, func(word string) bool { return strings.Contains(message, word) }) {
			return w["error_code"] == g["error_code"]
		}
	}
	return reflect.DeepEqual(want, got)
}

func asText(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}
