package handlers

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/views"
)

func (h *Handlers) compareRoutes() []Route {
	return []Route{
		get("/runs/compare", signedIn(), h.compareRuns),
		post("/runs/choose", somewhere(models.Contributor), h.submitChoice),
		post("/runs/:key/choices/:id/undo", ofSubject(models.Contributor, keyOf(models.Run)), h.submitUndo),
	}
}

func (h *Handlers) compareRuns(c *gin.Context) error {
	p, err := h.comparePage(c, c.QueryArray("run"), c.Query("baseline"))
	if err != nil {
		return err
	}
	p.All = c.Query("all") != ""
	return render(c, http.StatusOK, views.CompareRuns(p))
}

// comparePage finds the runs that the reader sees; the others are not mentioned.
func (h *Handlers) comparePage(c *gin.Context, keys []string, baseline string) (p views.ComparePage, err error) {
	p.Frame = h.frame(c, "Compare runs")
	p.Frame.Crumbs = []views.Crumb{{Text: "Runs", Path: "/runs"}, {Text: "Compare"}}
	found, err := h.runsNamed(c, keys)
	if err != nil {
		return p, err
	}
	ctx, by := c.Request.Context(), h.principal(c)
	runs, err := h.Store.TrackedRunsBy(ctx, ids(found))
	if err != nil {
		return p, err
	}
	p.C = models.CompareRuns(runs, baseline)
	commits, err := h.Store.CommitsBehind(ctx, ids(found))
	if err != nil {
		return p, err
	}
	for _, r := range runs {
		at := slices.IndexFunc(found, func(s models.Subject) bool { return s.ID == r.ID })
		p.Subjects, p.Commits = append(p.Subjects, found[at]), append(p.Commits, commits[r.ID])
		p.MayWrite = append(p.MayWrite, by.Allows(models.ScopeWrite) && h.Store.MayWrite(ctx, by, r.ID, models.Contributor) == nil)
	}
	p.Choices, err = h.Store.Choices(ctx, ids(p.Subjects)...)
	return p, err
}

// runsNamed are the subjects of runs by their keys, each once.
func (h *Handlers) runsNamed(c *gin.Context, keys []string) (found []models.Subject, err error) {
	if len(keys) > models.MostCompared {
		return nil, models.Errorf(models.Unprocessed, "At most %d runs can be compared; %d are marked.", models.MostCompared, len(keys))
	}
	for _, key := range keys {
		s, err := h.Store.Find(c.Request.Context(), h.principal(c), models.Ref{Kind: models.Run, Key: key})
		if models.CodeOf(err) == models.NotFound && err != nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(found, func(f models.Subject) bool { return f.ID == s.ID }) {
			found = append(found, s)
		}
	}
	return found, nil
}

func (h *Handlers) submitChoice(c *gin.Context) error {
	ctx, by := c.Request.Context(), h.principal(c)
	run, err := h.Store.Find(ctx, by, models.Ref{Kind: models.Run, Key: c.PostForm("run")})
	if err != nil {
		return err
	}
	if err := h.Store.MayWrite(ctx, by, run.ID, models.Contributor); err != nil {
		return err
	}
	compared, err := h.runsNamed(c, c.PostFormArray("compared"))
	if err != nil {
		return err
	}
	err = h.Store.ChooseRun(ctx, by, run.ID, c.PostForm("reason"), ids(compared))
	if models.CodeOf(err) == models.Unprocessed && err != nil {
		return h.refuseChoice(c, err)
	}
	if err != nil {
		return err
	}
	return see(c, run.Ref.Path())
}

// refuseChoice shows the comparison again with what was typed.
func (h *Handlers) refuseChoice(c *gin.Context, refusal error) error {
	p, err := h.comparePage(c, c.PostFormArray("compared"), "")
	if err != nil {
		return err
	}
	p.Error, p.Reason, p.Picked = refusal.Error(), c.PostForm("reason"), c.PostForm("run")
	return render(c, http.StatusUnprocessableEntity, views.CompareRuns(p))
}

func (h *Handlers) submitUndo(c *gin.Context) error {
	choice, err := number(c, "id")
	if err != nil {
		return err
	}
	if err := h.Store.UndoChoice(c.Request.Context(), h.principal(c), subject(c).ID, choice); err != nil {
		return err
	}
	return see(c, "/runs/"+url.PathEscape(subject(c).Ref.Key))
}
