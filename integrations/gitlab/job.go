package gitlab

import (
	"throughline/integrations"
	"throughline/models"
)

// jobPost is a Job Hook.
type jobPost struct {
	post
	ID         int64  `json:"build_id"`
	Name       string `json:"build_name"`
	Stage      string `json:"build_stage"`
	Status     string `json:"build_status"`
	Created    string `json:"build_created_at"`
	Started    string `json:"build_started_at"`
	Finished   string `json:"build_finished_at"`
	MayFail    bool   `json:"build_allow_failure"`
	Reason     string `json:"build_failure_reason"`
	Retries    int    `json:"retries_count"`
	PipelineID int64  `json:"pipeline_id"`
	SHA        string `json:"sha"`
	Ref        string `json:"ref"`
	Repository struct {
		Homepage string `json:"homepage"`
	} `json:"repository"`
}

// jobEvent tells how one job stands. Of the pipeline it says no more than which it
// is: that it goes on, or not, is the pipeline's own to tell.
func jobEvent(_ integrations.Account, body []byte) (d models.Description, err error) {
	var p jobPost
	if err := integrations.ReadJSON(body, &p); err != nil {
		return d, err
	}
	if p.Project.URL == "" {
		p.Project.URL = p.Repository.Homepage
	}
	d, page, err := p.begin(p.PipelineID)
	if err != nil {
		return d, err
	}
	j := job{ID: p.ID, Stage: p.Stage, Name: integrations.Line(p.Name, maxName), Status: p.Status, Created: p.Created, Started: p.Started, Finished: p.Finished, MayFail: p.MayFail, Reason: p.Reason}
	if j.Name == "" {
		return d, lacks("job with a name")
	}
	if p.Retries > 0 && p.Retries < 1000 {
		j.attempt = p.Retries + 1
	}
	d.At = told("", when(p.Created), when(p.Created), []job{j})
	integrations.Told(d.Facts, models.FactBranch, integrations.Line(p.Ref, maxName))
	d.Facts[models.StepFact+j.Name] = j.step(page)
	d.Links = link(models.BuiltFrom, page, p.SHA)
	return d, nil
}
