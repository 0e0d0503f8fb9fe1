package terraform

import (
	"fmt"

	"throughline/integrations"
	"throughline/models"
)

// assessment is the details of an assessment's notification.
type assessment struct {
	Result struct {
		ID        string `json:"id"`
		Succeeded bool   `json:"succeeded"`
		Drifted   bool   `json:"drifted"`
		DriftedN  int64  `json:"resources_drifted"`
		Undrifted int64  `json:"resources_undrifted"`
		Failed    int64  `json:"checks_failed"`
		Errored   int64  `json:"checks_errored"`
		CreatedAt string `json:"created_at"`
	} `json:"new_assessment_result"`
	Workspace    string `json:"workspace_name"`
	Organization string `json:"organization_name"`
}

// assessmentEvent reads how a workspace stands: a run of its own pipeline, failed
// when it could not be found out, with a warning when something drifted or a check
// did not hold.
func (p post) assessmentEvent(a integrations.Account, e *integrations.Event) {
	r := p.Details.Result
	e.Name = "assessment"
	e.ID = identity(r.ID, p.Trigger)
	begun, ok := run{ID: r.ID, Workspace: p.Details.Workspace, Organization: p.Details.Organization}.begin()
	if !ok {
		e.Ignored, e.Err = false, models.FieldErrorf(models.Unprocessed, "details", "The notification names no assessment of a workspace.")
		return
	}
	if e.Ignored = !wanted(a, p.Details.Workspace); e.Ignored {
		return
	}
	d := begun
	at := integrations.Moment(r.CreatedAt)
	d.At, d.StateAt, d.Raw = at, at, integrations.Line(p.Trigger, 60)
	d.Title = d.Facts[models.FactPipeline].(string) + ": assessment"
	d.Facts[models.FactPipeline] = d.Facts[models.FactPipeline].(string) + "/assessment"
	d.Facts[models.FactTrigger] = "assessment"
	integrations.Told(d.Facts, models.FactEndedAt, at)
	d.State = models.Passed
	d.Facts[models.FactSummary] = fmt.Sprintf("%d of %d resources drifted", r.DriftedN, r.DriftedN+r.Undrifted)
	switch {
	case !r.Succeeded:
		d.State, d.Facts[models.FactError] = models.Failed, "The assessment did not succeed"
	case r.Drifted:
		d.State, d.Facts[models.FactError] = models.Warning, "Resources drifted"
	case r.Failed+r.Errored > 0:
		d.State, d.Facts[models.FactError] = models.Warning, "Checks do not hold"
		d.Facts[models.FactSummary] = fmt.Sprintf("%d checks failed, %d could not be run", r.Failed, r.Errored)
	}
	e.Batch.Descriptions = []models.Description{d}
}
