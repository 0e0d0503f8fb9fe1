package handlers

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"throughline/handlers/mlflow"
	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) registryRoutes() []Route {
	version := func(path string, p page) Route {
		return post("/models/:name/versions/:version/"+path, ofSubject(models.Contributor, versionParam), p)
	}
	return []Route{
		version("alias", h.submitAlias), version("propose", h.submitProposal),
		post("/runs/:key/register", ofSubject(models.Contributor, keyOf(models.Run)), h.submitRegistration),
	}
}

// dressRegistry adds a version's place in the registry: ours, or where it is.
func (h *Handlers) dressRegistry(c *gin.Context, p *views.SubjectPage) error {
	s := p.Subject
	model, version, ok := models.SplitVersion(s.Ref.Key)
	if s.Ref.Kind != models.ModelVersion || !ok {
		return nil
	}
	part := &views.RegistryPart{Model: model, Version: version, Aliases: views.Words(s, "aliases"), Stage: s.Text("stage")}
	space, number, err := h.registered(c, s)
	if models.CodeOf(err) == models.NotFound && err != nil {
		if part.Elsewhere = s.URL; part.Elsewhere != "" {
			p.Registry = part
		}
		return nil
	}
	if err != nil {
		return err
	}
	v, err := h.Store.ModelVersion(c.Request.Context(), space, model, number)
	if err != nil && models.CodeOf(err) != models.NotFound {
		return err
	}
	for _, t := range v.Tags {
		if t.Key == store.ProposalTag {
			part.Proposal = t.Value
		}
	}
	p.Registry = part
	return nil
}

// registered is the space and the number of a version in our own registry.
func (h *Handlers) registered(c *gin.Context, s models.Subject) (store.Space, int64, error) {
	model, version, _ := models.SplitVersion(s.Ref.Key)
	number, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		return store.Space{}, 0, models.Errorf(models.NotFound, "This version is not in the registry here.")
	}
	space, err := h.Store.SpaceOfModel(c.Request.Context(), model)
	return space, number, err
}

func (h *Handlers) submitAlias(c *gin.Context) error {
	s := subject(c)
	space, number, err := h.registered(c, s)
	if err != nil {
		return err
	}
	model, _, _ := models.SplitVersion(s.Ref.Key)
	alias := strings.TrimSpace(c.PostForm("alias"))
	if err := mlflow.ValidAlias(alias); err != nil {
		return h.answerSubject(c, http.StatusUnprocessableEntity, err.Error(), views.Draft{Form: "alias", Body: alias})
	}
	if c.PostForm("remove") != "" {
		err = h.Store.DropModelAlias(c.Request.Context(), h.principal(c), space, model, alias)
	} else {
		err = h.Store.SetModelAlias(c.Request.Context(), h.principal(c), space, model, alias, number)
	}
	if err != nil {
		return err
	}
	return see(c, s.Ref.Path()+"#registry")
}

func (h *Handlers) submitProposal(c *gin.Context) error {
	s := subject(c)
	space, number, err := h.registered(c, s)
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(c.PostForm("reason"))
	if c.PostForm("withdraw") != "" {
		reason = ""
	} else if reason == "" {
		return h.answerSubject(c, http.StatusUnprocessableEntity, "Say why this version should be deployed.", views.Draft{Form: "propose"})
	}
	model, _, _ := models.SplitVersion(s.Ref.Key)
	if err := h.Store.Propose(c.Request.Context(), h.principal(c), space, model, number, reason); err != nil {
		return err
	}
	return see(c, s.Ref.Path()+"#registry")
}

// sourcesOf are what can be registered of a run: the models that it logged.
func sourcesOf(r models.TrackedRun) (out []string) {
	for _, m := range r.Models {
		if !m.Input {
			out = append(out, "models:/"+m.Model)
		}
	}
	var logged []struct {
		Path string `json:"artifact_path"`
	}
	_ = json.Unmarshal([]byte(r.Tag("mlflow.log-model.history")), &logged) // the client's own words: none where they can not be read
	for _, m := range logged {
		if source := "runs:/" + r.Key + "/" + m.Path; m.Path != "" && !slices.Contains(out, source) {
			out = append(out, source)
		}
	}
	return out
}

func (h *Handlers) submitRegistration(c *gin.Context) error {
	ctx, by, s := c.Request.Context(), h.principal(c), subject(c)
	space, err := h.Store.SpaceOfRun(ctx, s.ID)
	if err != nil {
		return err
	}
	name, source := strings.TrimSpace(c.PostForm("model")), c.PostForm("source")
	version, err := h.tracking.Register(ctx, by, space, name, source, s.Ref.Key)
	if wrong := (*models.Error)(nil); errors.As(err, &wrong) && wrong.Code != models.Busy {
		return h.answerSubject(c, http.StatusUnprocessableEntity, wrong.Message, views.Draft{Form: "register", Body: name})
	}
	if err != nil {
		return err
	}
	return see(c, models.Ref{Kind: models.ModelVersion, Key: models.VersionKey(name, itoa(version))}.Path())
}
