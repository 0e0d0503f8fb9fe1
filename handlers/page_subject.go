package handlers

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) subjectRoutes() []Route {
	read := func(path string, ref func(*gin.Context) models.Ref) Route {
		return get(path, ofSubject(models.Viewer, ref), h.showSubject)
	}
	write := func(path string, p page) Route {
		return post("/subjects/:kind/:key/"+path, ofSubject(models.Contributor, refParam), p)
	}
	return []Route{
		read("/pulls/:key", keyOf(models.PullRequest)),
		read("/runs/:key", keyOf(models.Run)),
		read("/pipelines/:key", keyOf(models.PipelineRun)),
		read("/deployments/:key", keyOf(models.Deployment)),
		read("/commits/:key", keyOf(models.Commit)),
		read("/subjects/:kind/:key", refParam),
		read("/datasets/:namespace/:name", datasetParam),
		read("/models/:name/versions/:version", versionParam),
		get("/models/:name", ofSubject(models.Viewer, modelParam), h.showModel),
		get("/models/:name/card", ofSubject(models.Contributor, modelParam), h.showCardForm),
		post("/models/:name/card", ofSubject(models.Contributor, modelParam), h.submitModelCard),
		post("/datasets/:namespace/:name/governance", ofSubject(models.Contributor, datasetParam), h.submitGovernance),
		write("comments", h.submitComment),
		write("comments/:id", h.submitEdit),
		write("comments/:id/delete", h.submitDeletion),
		write("owners", h.submitOwners),
		write("links", h.submitLink),
		write("links/:id/remove", h.submitUnlink),
	}
}

func keyOf(kind models.Kind) func(c *gin.Context) models.Ref {
	return func(c *gin.Context) models.Ref { return models.Ref{Kind: kind, Key: c.Param("key")} }
}

func datasetParam(c *gin.Context) models.Ref {
	return models.Ref{Kind: models.Dataset, Key: models.DatasetKey(c.Param("namespace"), c.Param("name"))}
}

func versionParam(c *gin.Context) models.Ref {
	return models.Ref{Kind: models.ModelVersion, Key: models.VersionKey(c.Param("name"), c.Param("version"))}
}

// modelParam is the model of the address, without an @alias.
func modelParam(c *gin.Context) models.Ref {
	name, _ := cutAlias(c.Param("name"))
	return models.Ref{Kind: models.Model, Key: name}
}

func cutAlias(name string) (model, alias string) {
	if i := strings.LastIndexByte(name, '@'); i > 0 {
		return name[:i], name[i+1:]
	}
	return name, ""
}

func (h *Handlers) showSubject(c *gin.Context) error {
	return h.answerSubject(c, http.StatusOK, "", views.Draft{})
}

// answerSubject is the page of the route's subject, with a refused form in it.
func (h *Handlers) answerSubject(c *gin.Context, status int, problem string, draft views.Draft) error {
	p, err := h.subjectPage(c, subject(c))
	if err != nil {
		return err
	}
	p.Error, p.Draft = problem, draft
	return render(c, status, views.Subject(p))
}

const subjectActivity = 30

func (h *Handlers) subjectPage(c *gin.Context, s models.Subject) (p views.SubjectPage, err error) {
	ctx, by := c.Request.Context(), h.principal(c)
	p.Subject = s
	if p.Out, p.In, err = h.Store.Links(ctx, by, s.ID); err != nil {
		return p, err
	}
	p.Out, p.In = together(p.Out), together(p.In)
	if p.Owners, err = h.Store.Owners(ctx, s.ID); err != nil {
		return p, err
	}
	if p.Above, err = h.Store.OwnersAbove(ctx, s.Ref); err != nil {
		return p, err
	}
	if p.Places, err = h.Store.CardsOf(ctx, by, s.ID); err != nil {
		return p, err
	}
	if p.Comments, err = h.Store.Comments(ctx, s.ID); err != nil {
		return p, err
	}
	if p.Files, err = h.Store.Files(ctx, s.ID); err != nil {
		return p, err
	}
	p.MaxFile = h.Store.MaxFile()
	if p.Activity, err = h.Store.Activity(ctx, by, store.ActivityFilter{Subject: s.ID, Limit: subjectActivity}); err != nil {
		return p, err
	}
	if p.Projects, err = h.visibleProjects(c, s.ID); err != nil {
		return p, err
	}
	if p.MayWrite = by.Allows(models.ScopeWrite) && h.Store.MayWrite(ctx, by, s.ID, models.Contributor) == nil; p.MayWrite {
		if p.Choices, err = h.ownerChoices(c, s.ID); err != nil {
			return p, err
		}
	}
	p.Frame = h.frame(c, s.Title)
	if len(p.Projects) > 0 && p.Frame.Project == nil {
		p.Frame.Project = &p.Projects[0]
	}
	p.Frame.Crumbs = subjectCrumbs(p.Projects, s)
	return p, h.dressSubject(c, &p)
}

// ownerChoices are suggestions of the form for owners.
func (h *Handlers) ownerChoices(c *gin.Context, subject int64) ([]views.Choice, error) {
	list, err := h.Store.OwnerChoices(c.Request.Context(), subject)
	out := make([]views.Choice, len(list))
	for i, o := range list {
		out[i] = views.Choice(o)
	}
	return out, err
}

// visibleProjects are the projects a subject is in, as far as the reader sees them.
func (h *Handlers) visibleProjects(c *gin.Context, subject int64) ([]models.Project, error) {
	all, err := h.Store.ProjectsOf(c.Request.Context(), subject)
	by, out := h.principal(c), all[:0]
	for _, p := range all {
		if p.Role = by.RoleIn(p.ID); p.Role != models.Nobody {
			out = append(out, p)
		}
	}
	return out, err
}

func subjectCrumbs(projects []models.Project, s models.Subject) []views.Crumb {
	var out []views.Crumb
	if len(projects) > 0 {
		out = crumbs(projects[0])
	}
	if s.Ref.Kind == models.Repository && len(projects) > 0 {
		return append(out, views.Crumb{Text: "Repositories", Path: "/projects/" + projects[0].Key + "/repositories"}, views.Crumb{Text: views.SubjectName(s)})
	}
	return append(out, views.Crumb{Text: views.KindPlural(s.Ref.Kind), Path: views.KindPath(s.Ref.Kind)}, views.Crumb{Text: views.SubjectName(s)})
}

// dressSubject adds what the subject's kind is looked at for.
func (h *Handlers) dressSubject(c *gin.Context, p *views.SubjectPage) error {
	ctx, s := c.Request.Context(), p.Subject
	switch s.Ref.Kind {
	case models.PullRequest:
		return h.dressPull(c, p)
	case models.Repository:
		return h.dressRepository(c, p)
	case models.Run:
		return h.dressRun(c, p)
	case models.PipelineRun:
		return h.dressPipeline(c, p)
	case models.Commit:
		p.Checks = views.Checks(s)
	case models.Model, models.ModelVersion:
		model, _, ok := models.SplitVersion(s.Ref.Key)
		if s.Ref.Kind == models.Model || !ok {
			model = s.Ref.Key
		}
		card, err := h.Store.Card(ctx, model)
		if err != nil {
			return err
		}
		p.Card = card
		p.Versions = versionsAmong(p.In)
		if err := h.dressRegistry(c, p); err != nil {
			return err
		}
		if err := h.addLine(c, p, "", model); err != nil {
			return err
		}
		return h.warnOfData(c, p)
	case models.Dataset:
		p.Versions = versionsAmong(p.In)
		if err := h.dressDataset(c, p); err != nil {
			return err
		}
		return h.dressData(c, p)
	case models.DatasetVersion:
		checks, err := h.Store.ChecksOf(ctx, s.ID)
		p.Quality = checks
		return err
	case models.Deployment:
		return h.addLine(c, p, s.Text("environment"), s.Text("model"))
	}
	return nil
}

// headChecks are the checks of a pull request's head commit.
func (h *Handlers) headChecks(c *gin.Context, pr models.Subject) []views.Check {
	key := models.CommitKey(pr.Text("repository"), pr.Text("head_sha"))
	commit, err := h.Store.Find(c.Request.Context(), h.principal(c), models.Ref{Kind: models.Commit, Key: key})
	if err != nil {
		return nil
	}
	return views.Checks(commit)
}

func versionsAmong(in []models.Link) (out []models.Subject) {
	for _, l := range in {
		if l.Relation == models.VersionOf {
			out = append(out, l.From)
		}
	}
	return out
}

// together keeps one of several links that say the same: a person's own, which
// they may remove, else the best established.
func together(links []models.Link) (out []models.Link) {
	type edge struct {
		from, to int64
		relation models.Relation
	}
	at := map[edge]int{}
	for _, l := range links {
		e := edge{l.From.ID, l.To.ID, l.Relation}
		i, known := at[e]
		switch {
		case !known:
			at[e] = len(out)
			out = append(out, l)
		case l.Manual || l.Evidence == models.Verified && !out[i].Manual:
			out[i] = l
		}
	}
	return out
}

// addLine points to the throughline that the subject is part of, when it is live.
func (h *Handlers) addLine(c *gin.Context, p *views.SubjectPage, environment, model string) error {
	if model == "" {
		return nil
	}
	rows, _, err := h.Store.Deployments(c.Request.Context(), h.principal(c),
		store.DeploymentFilter{Environment: environment, Model: model, State: models.Live, Limit: 1})
	if err == nil && len(rows) > 0 {
		p.Line = &views.LineNote{Environment: rows[0].Environment, Model: model, Gaps: rows[0].Gaps}
	}
	return err
}
