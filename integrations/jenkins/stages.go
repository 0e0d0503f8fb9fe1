package jenkins

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"throughline/integrations"
	"throughline/models"
)

// stage is a stage as the Stage View plugin tells it (/wfapi/describe).
type stage struct {
	ID       string
	Name     string
	Status   string
	Start    int64  `json:"startTimeMillis"`
	Duration int64  `json:"durationMillis"`
	Error    *fault `json:"error"`
}

type fault struct{ Message, Type string }

// stages asks for the stages of a build. Without the plugin there are none.
func (r *round) stages(ctx context.Context, j job, b build, d *models.Description) error {
	at := j.path + "/" + strconv.FormatInt(b.Number, 10)
	var view struct {
		Status string
		Stages []stage
	}
	err := r.Get(ctx, at+"/wfapi/describe", &view)
	if integrations.IsAbsent(err) {
		r.noView = true
		r.problem("Jenkins tells no stages: install its plugin Pipeline: Stage View (pipeline-rest-api).")
		return nil
	}
	if err != nil {
		return err
	}
	if b.open() && view.Status == "PAUSED_PENDING_INPUT" {
		d.State, d.Raw = models.Paused, view.Status
	}
	failed := steps(d, view.Stages)
	if failed == nil || d.State != models.Failed { // a caught failure is none of the build's
		return nil
	}
	if failed.Error == nil {
		if failed.Error, err = r.cause(ctx, at, failed.ID); err != nil {
			return err
		}
	}
	if failed.Error != nil && failed.Error.Message != "" {
		integrations.Told(d.Facts, models.FactError, integrations.Line(failed.Name+": "+failed.Error.Message, maxText))
	}
	return nil
}

// cause is why a stage failed, as the first step of it that did says.
func (r *round) cause(ctx context.Context, at, id string) (*fault, error) {
	var node struct{ StageFlowNodes []stage }
	err := r.Get(ctx, at+"/execution/node/"+url.PathEscape(id)+"/wfapi/describe", &node)
	if integrations.IsAbsent(err) {
		return nil, nil
	}
	for _, n := range node.StageFlowNodes {
		if n.Error != nil {
			return n.Error, nil
		}
	}
	return nil, err
}

// steps puts the stages among the facts, and returns the first that failed.
func steps(d *models.Description, stages []stage) (failed *stage) {
	before := groups(stages[:min(len(stages), maxStages)])
	names := make([]string, len(before))
	for i := range before {
		s := &stages[i]
		names[i] = free(d.Facts, integrations.Line(s.Name, 300), i)
		step := models.Step{State: stageState(s.Status), Raw: integrations.Line(s.Status, 40), Order: int64(i + 1),
			Started: models.StepTime(integrations.Milli(s.Start)), URL: d.Ref.Key + "/execution/node/" + url.PathEscape(integrations.Line(s.ID, 40)) + "/"}
		if step.State.Terminal() && s.Start > 0 {
			step.Ended = models.StepTime(endOf(s.Start, s.Duration))
		}
		if s.Error != nil {
			step.Error = integrations.Line(s.Error.Message, maxText)
		}
		for _, n := range before[i] {
			step.After = append(step.After, names[n])
		}
		d.Facts[models.StepFact+names[i]] = step
		if step.State == models.Failed && failed == nil {
			failed = s
		}
	}
	return failed
}

// free is the name of a stage, numbered when another has it.
func free(facts map[string]any, name string, i int) string {
	if name == "" {
		name = "stage " + strconv.Itoa(i+1)
	}
	out := name
	for n := 2; facts[models.StepFact+out] != nil; n++ {
		out = fmt.Sprintf("%s (%d)", name, n)
	}
	return out
}

// groups says which stages each waits for, by their places. While stages follow
// each other nothing is said; where some overlap, those are one group that waits
// for all of the group before.
func groups(stages []stage) [][]int {
	out := make([][]int, len(stages))
	var before, now []int
	end, parallel := int64(0), false
	for i, s := range stages {
		if s.Start > 0 && s.Start < end {
			parallel = true
		} else {
			before, now = now, nil
			end = 0
		}
		now = append(now, i)
		out[i] = before
		end = max(end, s.Start+max(s.Duration, 0))
	}
	if !parallel {
		clear(out)
	}
	return out
}

// stageState is a stage's status in our words.
func stageState(status string) models.State {
	switch status {
	case "NOT_EXECUTED":
		return models.Skipped
	case "PAUSED_PENDING_INPUT":
		return models.Paused
	}
	return state(status)
}
