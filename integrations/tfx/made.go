package tfx

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"throughline/models"
)

// made are the model versions, their blessings, and where they were pushed to.
func (r *run) made() (out []models.Description) {
	for _, id := range slices.Sorted(maps.Keys(r.artifacts)) {
		a := r.artifacts[id]
		maker, made := r.maker(id)
		if !made {
			continue
		}
		switch a.Type {
		case "Model", "system.Model":
			out = append(out, r.model(a, maker))
		case "ModelBlessing", "InfraBlessing":
			out = append(out, r.blessing(a, maker)...)
		case "PushedModel":
			out = append(out, r.pushed(a, maker)...)
		}
	}
	return out
}

// nameOf is the model's name: the pipeline's, and that of the node where it is not
// the Trainer.
func (r *run) nameOf(maker execution) string {
	if n := r.nodeOf(maker); n != "Trainer" {
		return orElse(r.pipeline, "pipeline") + "." + strings.ReplaceAll(n, "/", "_")
	}
	return orElse(r.pipeline, "pipeline")
}

// versionRef is the model version that an artifact stands for: the model's name
// and the artifact's id, which is there from the start and stays.
func (r *run) versionRef(a artifact) models.Ref {
	var maker execution
	for _, e := range r.events {
		if e.Artifact == a.ID && e.out() { // in the cached step of this run, too
			maker = r.byID[e.Execution]
			break
		}
	}
	return models.Ref{Kind: models.ModelVersion, Key: models.VersionKey(r.nameOf(maker), strconv.FormatInt(a.ID, 10))}
}

// model is a version, with the data it was trained on and the run that made it.
func (r *run) model(a artifact, maker execution) models.Description {
	d := models.Description{Ref: r.versionRef(a), At: millis(max(a.Updated, a.Created)), State: models.Registered,
		Facts: map[string]any{"uri": clean(a.URI, 2000), "artifact_id": a.ID, "created_at": models.StepTime(millis(a.Created))}}
	for _, name := range []string{"tfx_version", "framework"} {
		if v := a.text(name); v != "" {
			d.Facts[name] = v
		}
	}
	d.Links = append(d.Links, models.LinkTo{Relation: models.ProducedBy, To: r.ref()})
	for _, in := range r.inputs(maker.ID) {
		if ref, ok := versionOf(in); ok {
			d.Links = append(d.Links, models.LinkTo{Relation: models.TrainedOn, To: ref})
		} else if in.Type == a.Type && r.known(in) {
			d.Links = append(d.Links, models.LinkTo{Relation: models.DerivedFrom, To: r.versionRef(in)})
		}
	}
	for _, l := range r.whole().Links {
		if l.Relation == models.BuiltFrom {
			d.Links = append(d.Links, l)
		}
	}
	return d
}

// known tells whether this run says which node a model came from.
func (r *run) known(a artifact) bool {
	return slices.ContainsFunc(r.events, func(e event) bool { return e.Artifact == a.ID && e.out() })
}

// judgedModel is the model that an execution read and that this run knows.
func (r *run) judgedModel(maker execution, id int64) (artifact, bool) {
	for _, in := range r.inputs(maker.ID) {
		if (in.Type == "Model" || in.Type == "system.Model") && r.known(in) && (id == 0 || in.ID == id) {
			return in, true
		}
	}
	return artifact{}, false
}

// blessing is the result of the Evaluator, or of the InfraValidator, on a model.
func (r *run) blessing(a artifact, maker execution) []models.Description {
	current, _ := strconv.ParseInt(a.text("current_model_id"), 10, 64)
	model, ok := r.judgedModel(maker, current)
	if !ok {
		return nil
	}
	name := map[string]string{"ModelBlessing": "blessed", "InfraBlessing": "infra_blessed"}[a.Type]
	q := models.QualityResult{Name: name, State: models.Unknown, Message: clean(a.text("blessing_message"), 500), Run: r.key()}
	if yes, known := truth(a.Properties["blessed"]); known && yes {
		q.State = models.Passed
	} else if known {
		q.State = models.Failed
	}
	if base := a.text("baseline_model_id"); base != "" {
		q.Expected = "no worse than model " + clean(base, 50)
	}
	d := models.Description{Ref: r.versionRef(model), At: millis(max(a.Updated, a.Created)), Facts: map[string]any{name: q.State == models.Passed}, Quality: []models.QualityResult{q}}
	if q.State == models.Passed && a.Type == "ModelBlessing" {
		d.State, d.Raw = models.Candidate, "blessed"
	}
	for _, in := range r.inputs(maker.ID) {
		if ref, ok := versionOf(in); ok && a.Type == "ModelBlessing" {
			d.Links = append(d.Links, models.LinkTo{Relation: models.EvaluatedOn, To: ref})
		}
	}
	return []models.Description{d}
}

// pushed is a deployment: the Pusher put a model where it is served from. What was
// not pushed, because it was not blessed, is none.
func (r *run) pushed(a artifact, maker execution) []models.Description {
	if yes, _ := truth(a.Properties["pushed"]); !yes {
		return nil
	}
	model, ok := r.judgedModel(maker, 0)
	if !ok {
		return nil
	}
	at, version := millis(max(a.Updated, a.Created)), r.versionRef(model)
	name, number, _ := models.SplitVersion(version.Key)
	d := models.Description{Ref: models.Ref{Kind: models.Deployment, Key: r.pipeline + "/" + strconv.FormatInt(a.ID, 10)}, At: at, State: models.Live, Raw: "pushed",
		Title: name + " " + number + " in " + r.environment,
		Facts: map[string]any{"environment": r.environment, "at": models.StepTime(at), "model": name, "version": number},
		Links: []models.LinkTo{{Relation: models.Deploys, To: version}, {Relation: models.PlacedBy, To: r.ref()}}}
	for fact, property := range map[string]string{"destination": "pushed_destination", "pushed_version": "pushed_version"} {
		if v := a.text(property); v != "" {
			d.Facts[fact] = clean(v, 1000)
		}
	}
	environment := models.Description{Ref: models.Ref{Kind: models.Environment, Key: r.environment}, At: at, Title: r.environment}
	return []models.Description{d, environment}
}
