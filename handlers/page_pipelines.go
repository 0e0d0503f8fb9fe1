package handlers

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/search"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) pipelineRoutes() []Route {
	return []Route{
		get("/pipelines", signedIn(), h.showPipelines),
		post("/subjects/:kind/:key/claim", ofSubject(models.Contributor, refParam), h.submitClaim),
		post("/subjects/:kind/:key/unclaim", ofSubject(models.Contributor, refParam), h.submitUnclaim),
	}
}

func (h *Handlers) showPipelines(c *gin.Context) error {
	p, err := h.pipelinesPage(c)
	if err != nil {
		return err
	}
	switch {
	case p.Failing && part(c):
		return render(c, http.StatusOK, views.FailingPart(p))
	case p.Failing:
		return render(c, http.StatusOK, views.Pipelines(p))
	}
	p.Rows, p.Next, err = h.Store.PipelineRuns(c.Request.Context(), h.principal(c), store.PipelineFilter{Text: p.Text, Me: p.Frame.Me.Name,
		Project: p.Project, System: p.System, State: p.State, After: p.After})
	if wrong := (*search.Error)(nil); errors.As(err, &wrong) {
		p.Wrong = wrongText(p.Text, wrong)
		return render(c, http.StatusUnprocessableEntity, views.Pipelines(p))
	}
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, views.Pipelines(p))
}

// pipelinesPage is what an address of the list asks for, with what fails now.
func (h *Handlers) pipelinesPage(c *gin.Context) (p views.PipelinesPage, err error) {
	ctx, by := c.Request.Context(), h.principal(c)
	p = views.PipelinesPage{Frame: h.frame(c, "Pipelines"), Failing: c.Query("view") == "failing", Text: strings.TrimSpace(c.Query("q")),
		System: c.Query("system"), After: c.Query("after")}
	if state := models.State(c.Query("state")); slices.Contains(models.StatesOf(models.PipelineRun), state) {
		p.State = state
	}
	if key := c.Query("project"); key != "" {
		if one, err := h.Store.Project(ctx, by, key); err == nil {
			p.Project = one.Key
		}
	}
	if p.Systems, err = h.Store.PipelineSystems(ctx, by); err != nil {
		return p, err
	}
	if p.Groups, err = h.Store.Failures(ctx, by, p.Project); err != nil || !p.Failing {
		return p, err
	}
	p.MayClaim, err = h.mayClaim(c, p.Groups)
	return p, err
}

// mayClaim are the failures that the reader may look into.
func (h *Handlers) mayClaim(c *gin.Context, groups []models.FailureGroup) (map[int64]bool, error) {
	by, out := h.principal(c), map[int64]bool{}
	if !by.Allows(models.ScopeWrite) {
		return out, nil
	}
	for _, g := range groups {
		for _, l := range g.Lines {
			err := h.Store.MayWrite(c.Request.Context(), by, l.Subject.ID, models.Contributor)
			if code := models.CodeOf(err); err != nil && code != models.Forbidden && code != models.NotFound {
				return nil, err
			}
			out[l.Subject.ID] = err == nil
		}
	}
	return out, nil
}

const (
	mostClaimed = 300 // at once
	failingPath = "/pipelines?view=failing"
)

// submitClaim says that the reader looks at a failed pipeline run, and at others of
// its group.
func (h *Handlers) submitClaim(c *gin.Context) error {
	s := subject(c)
	runs, err := h.alsoClaimed(c)
	if err == nil {
		err = h.Store.Claim(c.Request.Context(), h.principal(c), c.PostForm("note"), append(runs, s.ID)...)
	}
	if !refused(err) && models.CodeOf(err) != models.Conflict {
		return seeUnless(c, err, claimedFrom(c, s))
	}
	if c.PostForm("back") == "" {
		return h.answerSubject(c, problemOf(err).Status, err.Error(), views.Draft{})
	}
	c.Request.URL.RawQuery = "view=failing"
	p, pageErr := h.pipelinesPage(c)
	if pageErr != nil {
		return pageErr
	}
	p.Error = err.Error()
	return render(c, problemOf(err).Status, views.Pipelines(p))
}

// alsoClaimed are the other pipeline runs of a form, each one that the reader may write.
func (h *Handlers) alsoClaimed(c *gin.Context) (out []int64, err error) {
	values := c.PostFormArray("run")
	if len(values) > mostClaimed {
		return nil, models.Errorf(models.Unprocessed, "At most %d failures can be claimed at once.", mostClaimed)
	}
	for _, v := range values {
		id, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return nil, models.FieldErrorf(models.Unprocessed, "run", "%q is no number of a pipeline run.", v)
		}
		if err := h.Store.MayWrite(c.Request.Context(), h.principal(c), id, models.Contributor); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}

// claimedFrom is the page that a form about a failure came from.
func claimedFrom(c *gin.Context, s models.Subject) string {
	if c.PostForm("back") != "" {
		return failingPath
	}
	return s.Ref.Path() + "#failure"
}

// submitUnclaim gives a claim back.
func (h *Handlers) submitUnclaim(c *gin.Context) error {
	s := subject(c)
	return seeUnless(c, h.Store.Unclaim(c.Request.Context(), h.principal(c), s.ID), claimedFrom(c, s))
}

// dressPipeline adds what is usual, who looks at it, what else fails alike, and the
// training runs in it.
func (h *Handlers) dressPipeline(c *gin.Context, p *views.SubjectPage) error {
	ctx, by := c.Request.Context(), h.principal(c)
	line, err := h.Store.PipelineLine(ctx, by, p.Subject.ID)
	if models.CodeOf(err) == models.NotFound && err != nil {
		return nil // a mere mention
	}
	if err != nil {
		return err
	}
	part := &views.PipelinePart{Line: line}
	if part.Runs, err = h.Store.RunsIn(ctx, by, p.Subject); err != nil {
		return err
	}
	if p.Above, err = h.Store.PipelineOwners(ctx, line); err != nil {
		return err
	}
	part.Alike, err = h.failAlike(c, line)
	p.Pipeline = part
	return err
}

// failAlike is how many other pipelines fail for the same cause now.
func (h *Handlers) failAlike(c *gin.Context, line models.PipelineLine) (n int, err error) {
	if line.Cause == "" {
		return 0, nil
	}
	groups, err := h.Store.Failures(c.Request.Context(), h.principal(c), "")
	for _, g := range groups {
		for _, l := range g.Lines {
			if g.Cause == line.Cause && (l.Pipeline != line.Pipeline || l.Subject.Ref.Integration != line.Subject.Ref.Integration) {
				n++
			}
		}
	}
	return n, err
}
