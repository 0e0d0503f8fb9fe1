package handlers

import (
	"context"
	"net/http"

	"throughline/models"
)

func (h *Handlers) affectsOperations() []Route {
	return []Route{op(http.MethodGet, "/subjects/{kind}/{key}/affects", ofSubject(models.Viewer, refParam),
		"List the live models that are built from the repository of a pull request, commit or repository", h.listAffected)}
}

type affectedJSON struct {
	Environment string          `json:"environment,omitempty" doc:"Absent for a version that is not live yet"`
	Model       string          `json:"model"`
	Version     string          `json:"version"`
	Deployment  *refJSON        `json:"deployment,omitempty"`
	Commit      refJSON         `json:"commit" doc:"That it was built from"`
	Direct      bool            `json:"direct" doc:"Built from a commit of the change itself"`
	Evidence    models.Evidence `json:"evidence"`
	How         string          `json:"how"`
	Gaps        []gapJSON       `json:"gaps"`
	Owners      []ownerJSON     `json:"owners"`
}

func (h *Handlers) affectedJSON(a models.Affected) affectedJSON {
	out := affectedJSON{Environment: a.Environment, Model: a.Model, Version: a.Version, Commit: refOf(a.Commit.Ref), Direct: a.Direct,
		Evidence: a.Evidence, How: a.How, Gaps: each(a.Gaps, h.gapJSON), Owners: each(a.Owners, ownerOf)}
	if a.Deployment.ID != 0 {
		ref := refOf(a.Deployment.Ref)
		out.Deployment = &ref
	}
	return out
}

type affectedList struct {
	Affected []affectedJSON `json:"affected"`
}

func (h *Handlers) listAffected(ctx context.Context, in *InSubject) (*body[affectedList], error) {
	list, err := h.Store.AffectedBy(ctx, actor(ctx), request(ctx).subject)
	return reply(affectedList{Affected: each(list, h.affectedJSON)}), err
}
