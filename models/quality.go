package models

import "time"

// QualityResult is the result of one check of data or of a model: an assertion of
// dbt or Great Expectations, TFX's blessing, an anomaly in the statistics. The
// same check at another time is another result.
type QualityResult struct {
	Name     string    `json:"name"`               // not_null, blessed, freshness
	Column   string    `json:"column,omitempty"`   // empty: the whole dataset
	State    State     `json:"state"`              // passed, warning, failed, skipped or unknown
	Value    string    `json:"value,omitempty"`    // what was found, as text: "3 nulls"
	Expected string    `json:"expected,omitempty"` // what was asked for
	Message  string    `json:"message,omitempty"`
	Run      string    `json:"run,omitempty"` // key of the pipeline run that checked, of the same integration
	URL      string    `json:"url,omitempty"`
	At       time.Time `json:"at"` // zero: the description's time
}
