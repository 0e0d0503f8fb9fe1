package tfx

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"throughline/models"
)

// reading is one poll under way.
type reading struct {
	store       store
	environment string
	batch       models.Batch
}

// mostExecutions limits what is read of one run: a pipeline that never ends, or a
// run of very many steps, shows its newest.
const mostExecutions = 1000

// tell describes the runs in which the changes happened, each once and whole, and
// returns how many of the changes are told of.
func (r *reading) tell(ctx context.Context, changed []change) (taken int, err error) {
	groups, err := r.store.contexts(ctx, idsOf(changed))
	if err != nil {
		return 0, err
	}
	told := map[int64]bool{}
	for i, c := range changed {
		within, ok := runOf(groups[c.ID])
		if !ok || told[within.ID] {
			continue
		}
		if len(told) == runsAtOnce {
			return i, nil
		}
		told[within.ID] = true
		one, err := r.load(ctx, within)
		if err != nil {
			return 0, err
		}
		r.batch.Descriptions = append(r.batch.Descriptions, one.describe()...)
	}
	return len(changed), nil
}

func idsOf(changed []change) (ids []int64) {
	for _, c := range changed {
		ids = append(ids, c.ID)
	}
	return ids
}

// The types of contexts: TFX's, and those that Kubeflow Pipelines writes.
var (
	runTypes      = []string{"pipeline_run", "system.PipelineRun"}
	pipelineTypes = []string{"pipeline", "system.Pipeline"}
)

// runOf is the context that stands for the run an execution is of. A pipeline that
// runs all the time (ASYNC) has none: the pipeline itself stands for it.
func runOf(list []grouping) (g grouping, ok bool) {
	for _, types := range [][]string{runTypes, pipelineTypes} {
		var found []grouping
		for _, c := range list {
			if slices.Contains(types, c.Type) && c.Name != "" {
				found = append(found, c)
			}
		}
		if len(found) > 0 { // the innermost: a sub-pipeline's is made later
			return slices.MaxFunc(found, func(a, b grouping) int { return cmp.Compare(a.ID, b.ID) }), true
		}
	}
	return g, false
}

// run is all that the store holds of one run.
type run struct {
	within      grouping
	environment string
	pipeline    string
	executions  []execution // by id
	contexts    map[int64][]grouping
	events      []event
	artifacts   map[int64]artifact
	byID        map[int64]execution
}

func (r *reading) load(ctx context.Context, within grouping) (*run, error) {
	one := &run{within: within, environment: r.environment, artifacts: map[int64]artifact{}, byID: map[int64]execution{}}
	var err error
	if one.executions, err = r.store.executions(ctx, within.ID, mostExecutions); err != nil {
		return nil, err
	}
	slices.SortFunc(one.executions, func(a, b execution) int { return cmp.Compare(a.ID, b.ID) })
	var ids []int64
	for _, e := range one.executions {
		ids, one.byID[e.ID] = append(ids, e.ID), e
	}
	if one.contexts, err = r.store.contexts(ctx, ids); err != nil {
		return nil, err
	}
	if one.events, err = r.store.events(ctx, ids); err != nil {
		return nil, err
	}
	slices.SortFunc(one.events, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Execution, b.Execution), cmp.Compare(a.Artifact, b.Artifact), cmp.Compare(a.Type, b.Type))
	})
	wanted := map[int64]bool{}
	for _, e := range one.events {
		wanted[e.Artifact] = true
	}
	list, err := r.store.artifacts(ctx, slices.Sorted(maps.Keys(wanted)))
	for _, a := range list {
		one.artifacts[a.ID] = a
	}
	one.pipeline = one.named()
	return one, err
}

// named is the pipeline of the run. Within a sub-pipeline executions belong to
// both; then it is the one whose name the run's begins with, else the first.
func (r *run) named() string {
	if slices.Contains(pipelineTypes, r.within.Type) {
		return clean(r.within.Name, 300)
	}
	var first grouping
	for _, e := range r.executions {
		for _, c := range r.contexts[e.ID] {
			if !slices.Contains(pipelineTypes, c.Type) {
				continue
			}
			if c.ID > 0 && strings.HasPrefix(r.within.Name, c.Name+"_") {
				return clean(c.Name, 300)
			}
			if first.ID == 0 || c.ID < first.ID {
				first = c
			}
		}
	}
	return clean(first.Name, 300)
}

func (r *run) key() string {
	if slices.Contains(pipelineTypes, r.within.Type) {
		return r.pipeline + "/async"
	}
	return strings.TrimPrefix(r.pipeline+"/"+clean(r.within.Name, 500), "/")
}

func (r *run) ref() models.Ref { return models.Ref{Kind: models.PipelineRun, Key: r.key()} }

// kfp tells whether Kubeflow Pipelines wrote the run.
func (r *run) kfp() bool { return strings.HasPrefix(r.within.Type, "system.") }

// at is the newest update of what the run consists of.
func (r *run) at() time.Time {
	newest := r.within.Created
	for _, e := range r.executions {
		newest = max(newest, e.Updated, e.Created)
	}
	for _, e := range r.events {
		if e.out() && r.byID[e.Execution].State != stateCached {
			newest = max(newest, r.artifacts[e.Artifact].Updated)
		}
	}
	return millis(newest)
}

func millis(ms int64) time.Time { return time.UnixMilli(min(max(ms, 0), 253402300799000)).UTC() }

// describe is the run with all that came of it.
func (r *run) describe() []models.Description {
	out := []models.Description{r.whole()}
	out = append(out, r.data()...)
	return append(out, r.made()...)
}

// whole is the pipeline run itself.
func (r *run) whole() models.Description {
	steps := r.steps()
	d := models.Description{Ref: r.ref(), At: r.at(), Title: clean(orElse(r.within.Name, r.pipeline), 300), Facts: map[string]any{models.FactPipeline: r.pipeline, models.FactSystem: "tfx"}}
	if r.kfp() {
		d.Facts[models.FactSystem] = "kubeflow"
	}
	if name := r.within.text("display_name"); name != "" {
		d.Title = clean(name, 300)
	}
	for _, s := range steps {
		d.Facts[models.StepFact+s.name] = s.step
	}
	d.State = stateOf(steps)
	r.moments(d.Facts, d.State)
	for _, s := range steps {
		if s.step.Error != "" && s.step.State == models.Failed && d.Facts[models.FactError] == nil {
			d.Facts[models.FactError] = s.step.Error
		}
	}
	if d.State != models.Failed {
		d.Facts[models.FactError] = nil
	}
	r.params(d.Facts)
	r.code(&d)
	d.Links = append(d.Links, r.flow()...)
	return d
}

// moments are when the run began and, as far as one can tell, ended.
func (r *run) moments(facts map[string]any, state models.State) {
	began, ended := int64(0), int64(0)
	for _, e := range r.executions {
		if began == 0 || e.Created < began {
			began = e.Created
		}
		ended = max(ended, e.Updated)
	}
	if began > 0 {
		facts[models.FactStartedAt] = models.StepTime(millis(began))
	}
	facts[models.FactEndedAt] = nil
	if state.Terminal() {
		facts[models.FactEndedAt] = models.StepTime(millis(ended))
	}
}

// stateOf is the state of a run by its steps: the store says nothing of the whole.
func stateOf(steps []node) models.State {
	seen := map[models.State]bool{}
	for _, s := range steps {
		seen[s.step.State] = true
	}
	for _, state := range []models.State{models.Running, models.Queued, models.Failed, models.Cancelled, models.Unknown, models.Passed, models.Skipped} {
		switch {
		case seen[state] && state == models.Queued:
			return models.Running
		case seen[state]:
			return state
		}
	}
	return models.Unknown
}

// params are what the steps were told: short values only.
func (r *run) params(facts map[string]any) {
	const most = 200
	kept := 0
	for _, n := range r.steps() {
		for _, name := range slices.Sorted(maps.Keys(n.last.Properties)) {
			value := n.last.text(name)
			if strings.HasPrefix(name, "__") || value == "" || value == "null" || len(value) > 300 || len(name)+len(n.name) > 200 || kept == most {
				continue
			}
			facts[models.ParamFact+n.name+"."+clean(name, 100)], kept = value, kept+1
		}
	}
}

// code links the run to its commit, by convention the custom property git_commit
// of the run or of one of its executions: a sha, or REPOSITORY@sha, with the
// repository in git_repository.
func (r *run) code(d *models.Description) {
	things := []thing{r.within.thing}
	for _, e := range r.executions {
		things = append(things, e.thing)
	}
	for _, t := range things {
		repository, sha, _ := models.SplitCommit(t.text("git_commit"))
		repository = orElse(repository, t.text("git_repository"))
		if models.CommitKey("any/repository", sha) == "" {
			continue
		}
		if key := models.CommitKey(repository, sha); key != "" && len(key) < 1000 {
			d.Links = append(d.Links, models.LinkTo{Relation: models.BuiltFrom, To: models.Ref{Kind: models.Commit, Key: key}})
		} else {
			d.Facts[models.FactHeadSHA] = strings.ToLower(strings.TrimSpace(sha))
		}
		return
	}
}
