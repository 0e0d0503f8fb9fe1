package mlflow

import (
	"time"

	"throughline/models"
)

// The stages of the first import, in their order.
const (
	stageExperiments = iota
	stageRuns
	stageModels
)

func stages() []models.Stage {
	return []models.Stage{{Name: "Experiments"}, {Name: "Runs"}, {Name: "Registered models"}}
}

// tellProgress says how far the first import is, until it has ended.
func (t *turn) tellProgress() {
	p := t.top.Import
	if p == nil {
		p = &models.Progress{Stages: stages(), StartedAt: t.now().UTC()}
	}
	if !p.Running() {
		return
	}
	p.Requests += t.server.asked
	p.Busy += time.Since(t.began)
	p.Stages[stageExperiments] = models.Stage{Name: "Experiments", Done: t.experiments, Total: t.experiments}
	p.Stages[stageRuns].Done += t.swept
	p.Stages[stageRuns].Total = guess(p.Stages[stageRuns].Done, t.top.share())
	p.Stages[stageModels].Done += t.modelsRead
	p.Stages[stageModels].Total = p.Stages[stageModels].Done
	if !t.more {
		p.EndedAt = t.now().UTC()
		p.Stages[stageRuns].Total = p.Stages[stageRuns].Done
	}
	t.top.Import = p
	said := *p
	t.batch.Progress = &said
}

// guess is about how many runs there are, when done of them are a share of the
// time since the first experiment: MLflow counts them for nobody. 0 is unknown.
func guess(done int, share float64) int {
	if share < 0.02 {
		return 0
	}
	return max(done, int(float64(done)/share))
}

// share is how far the first sweep is, over all workspaces.
func (c cursor) share() float64 {
	if len(c.Spaces) == 0 {
		return c.Share
	}
	sum := 0.0
	for _, s := range c.Spaces {
		sum += s.Share
	}
	return sum / float64(len(c.Spaces))
}

// passed notes how far the sweep is: the newest runs come first, so that the time
// between now and an experiment's creation is what there is to go.
func (r *reading) passed(page []run) {
	s := &r.cur.Sweep
	if len(page) == 0 || len(r.groups) == 0 || s.Done {
		return
	}
	r.swept += len(page)
	chunk, within := min(s.Chunk, len(r.groups)), 0.0
	if s.Token != "" && chunk < len(r.groups) {
		first := r.groups[chunk].first
		if span := r.at.UnixMilli() - first; first > 0 && span > 0 {
			within = float64(r.at.UnixMilli()-int64(page[len(page)-1].Info.Started)) / float64(span)
		}
	}
	r.cur.Share = max(r.cur.Share, min(1, (float64(chunk)+max(0, min(within, 1)))/float64(len(r.groups))))
}
