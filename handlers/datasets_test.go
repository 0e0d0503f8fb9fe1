package handlers

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

func TestADatasetIsReadWithWhatStandsAroundIt(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	s.seed()
	a := s.ask("seed", "GET", "/api/v1/datasets/s3/clicks", "")
	require.Equal(t, 200, a.status, a.body)
	var d datasetJSON
	require.NoError(t, json.Unmarshal([]byte(a.body), &d))
	require.Equal(t, "s3", d.Namespace)
	require.Equal(t, "clicks", d.Name)
	require.NotEmpty(t, d.Versions)
	require.NotEmpty(t, d.Versions[0].Digest)
	require.Equal(t, "r1", d.Runs[0].Key)
	require.NotEmpty(t, d.Live)
	for _, list := range []any{d.Owners, d.Schema, d.Checks, d.Upstream, d.Downstream, d.Changes} {
		text, _ := json.Marshal(list)
		require.NotEqual(t, "null", string(text), "an empty list is a list")
	}
	require.Equal(t, 404, s.ask("seed", "GET", "/api/v1/datasets/s3/none", "").status)
	require.Equal(t, 404, s.ask("seed", "GET", "/api/v1/datasets/s3/clicks/schema?to=none", "").status)
	require.Equal(t, 422, s.ask("seed", "PUT", "/api/v1/datasets/s3/clicks/freshness", `{"every":"soon"}`).status)
}

// Who sees the data and not the model learns nothing of the model from a change.
func TestAChangeNamesOnlyModelsThatTheReaderSees(t *testing.T) {
	s := newSite(t)
	mine, other := s.project("MINE"), s.project("OTHER")
	s.seed()
	s.token("there", models.Viewer, other.ID)
	s.token("here", models.Viewer, mine.ID)
	require.Equal(t, 201, s.ask("seed", "POST", "/api/v1/projects/OTHER/integrations", `{"source":"cloudevents","name":"other"}`).status)
	told := s.ask("seed", "POST", "/hooks/cloudevents/other", cloudEvent("o1", "run.finished", `{"run_id":"o1","datasets":[{"namespace":"s3","name":"clicks","digest":"d9"}]}`), "Content-Type", ceType)
	require.Equal(t, 202, told.status, told.body)
	a := s.ask("seed", "POST", "/api/v1/datasets/s3/clicks/changes", `{"kind":"dataset_retired","on":"2099-01-01"}`)
	require.Equal(t, 201, a.status, a.body)
	var change changeJSON
	require.NoError(t, json.Unmarshal([]byte(a.body), &change))
	require.Equal(t, "churn", change.Models[0].Model)
	for caller, models := range map[string]int{"here": 1, "there": 0} {
		for _, path := range []string{"/api/v1/datasets/s3/clicks/changes", "/api/v1/data-changes", "/api/v1/datasets/s3/clicks"} {
			got := s.ask(caller, "GET", path, "")
			require.Equal(t, 200, got.status, got.body)
			if models == 0 {
				require.NotContains(t, got.body, "churn", "%s reads %s", caller, path)
			} else {
				require.Contains(t, got.body, "churn", "%s reads %s", caller, path)
			}
		}
	}
	answer := "/api/v1/models/churn/data-changes/" + strconv.FormatInt(change.ID, 10) + "/answers"
	require.Equal(t, 404, s.ask("there", "POST", answer, `{"verdict":"safe"}`).status)
	require.Equal(t, 403, s.ask("here", "POST", answer, `{"verdict":"safe"}`).status)
	require.Equal(t, 201, s.ask("seed", "POST", answer, `{"verdict":"safe"}`).status)
}
