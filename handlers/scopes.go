package handlers

import (
	"slices"

	"throughline/integrations"
	"throughline/models"
)

// What the two narrow scopes may describe. Neutral things around a run or a
// deployment come along with it.
var (
	runKinds        = []models.Kind{models.Run, models.Experiment, models.Dataset, models.DatasetVersion, models.Commit, models.Repository}
	versionKinds    = []models.Kind{models.Model, models.ModelVersion}
	deploymentKinds = []models.Kind{models.Deployment, models.Environment, models.Model, models.ModelVersion, models.Commit, models.Repository, models.Image}
)

// mayTell refuses events beyond the token's scopes, before any is kept.
func mayTell(by models.Principal, events []integrations.Event) error {
	if by.TokenID == 0 || by.Allows(models.ScopeEvents) {
		return nil
	}
	for _, e := range events {
		if len(e.Batch.Cards) == 0 && (by.Allows(models.ScopeRuns) && tellsOfRun(e.Batch) || by.Allows(models.ScopeDeployments) && tellsOfDeployment(e.Batch)) {
			continue
		}
		return models.Errorf(models.Forbidden, "This token's scopes do not cover the event %s.", e.Name)
	}
	return nil
}

// tellsOfRun: a run with what it used, or a model version that names the run which
// produced it.
func tellsOfRun(b models.Batch) bool {
	if !hasLink(b, models.ModelVersion, models.ProducedBy) {
		return only(b, runKinds)
	}
	return only(b, slices.Concat(runKinds, versionKinds))
}

// tellsOfDeployment: a deployment with what it deployed. A version alone is none.
func tellsOfDeployment(b models.Batch) bool {
	return only(b, deploymentKinds) && slices.ContainsFunc(b.Descriptions, func(d models.Description) bool { return d.Ref.Kind == models.Deployment })
}

func only(b models.Batch, kinds []models.Kind) bool {
	return !slices.ContainsFunc(b.Descriptions, func(d models.Description) bool { return !slices.Contains(kinds, d.Ref.Kind) })
}

func hasLink(b models.Batch, from models.Kind, relation models.Relation) bool {
	return slices.ContainsFunc(b.Descriptions, func(d models.Description) bool {
		return d.Ref.Kind == from && slices.ContainsFunc(d.Links, func(l models.LinkTo) bool { return l.Relation == relation })
	})
}
