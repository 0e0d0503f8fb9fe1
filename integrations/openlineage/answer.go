package openlineage

import (
	"net/http"

	"throughline/integrations"
)

// outcome is the answer to a batch (spec/OpenLineage.yml, POST /lineage/batch).
type outcome struct {
	Status  string   `json:"status"` // success or partial_success
	Summary summary  `json:"summary"`
	Failed  []failed `json:"failed_events"`
}

type summary struct {
	Received     int `json:"received"`
	Successful   int `json:"successful"`
	Failed       int `json:"failed"`
	Retriable    int `json:"retriable"`
	NonRetriable int `json:"non_retriable"`
}

type failed struct {
	Index     int    `json:"index"`
	Reason    string `json:"reason"`
	Retriable bool   `json:"retriable"`
}

// Answer is 201 for an event, whatever became of it: clients lose an event that is
// answered otherwise, and one that was not understood is kept and can be replayed.
// A batch is answered with what became of each.
func (Source) Answer(r integrations.Request, done []integrations.Done) (int, any) {
	if !isBatch(r) {
		return http.StatusCreated, nil
	}
	out := outcome{Status: "success", Summary: summary{Received: len(done)}, Failed: []failed{}}
	for i, d := range done {
		if d.State == "parked" {
			out.Failed = append(out.Failed, failed{Index: i, Reason: d.Problem})
		}
	}
	out.Summary.Failed, out.Summary.NonRetriable = len(out.Failed), len(out.Failed)
	out.Summary.Successful = len(done) - len(out.Failed)
	if len(out.Failed) > 0 {
		out.Status = "partial_success"
	}
	return http.StatusOK, out
}
