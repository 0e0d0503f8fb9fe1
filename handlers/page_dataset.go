package handlers

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) datasetRoutes() []Route {
	at := "/datasets/:namespace/:name/"
	return []Route{
		get("/datasets/changes", signedIn(), h.showChanges),
		post(at+"freshness", ofSubject(models.Contributor, datasetParam), h.submitFreshness),
		post(at+"changes", ofSubject(models.Contributor, datasetParam), h.submitChange),
		post(at+"changes/:id", ofSubject(models.Contributor, datasetParam), h.submitChangeEnd),
		post("/models/:name/changes/:id", ofSubject(models.Contributor, modelParam), h.submitAnswer),
	}
}

// dressDataset adds what is known of the data and what is going to change.
func (h *Handlers) dressDataset(c *gin.Context, p *views.SubjectPage) (err error) {
	ctx, by := c.Request.Context(), h.principal(c)
	part := &views.DatasetPart{}
	if part.Sheet, err = h.Store.DataSheet(ctx, by, p.Subject); err != nil {
		return err
	}
	part.From, part.To, err = models.SchemaPair(part.Sheet.Versions, c.Query("from"), c.Query("to"))
	if err != nil { // an address of a version that is gone: the newest two, then
		part.From, part.To, _ = models.SchemaPair(part.Sheet.Versions, "", "")
	}
	if part.From.Digest != "" {
		part.Diff = models.DiffFields(part.From.Schema, part.To.Schema)
	}
	if part.Changes, err = h.Store.Changes(ctx, by, store.ChangeFilter{Dataset: p.Subject.ID, Past: true, Limit: 20}); err != nil {
		return err
	}
	if part.Sheet.Freshness.Given() {
		part.Every = part.Sheet.Freshness.Every.String()
	}
	part.MayTell = h.mayTellOf(c, part.Changes)
	p.Dataset = part
	return nil
}

// mayTellOf are the models that the reader may answer for.
func (h *Handlers) mayTellOf(c *gin.Context, changes []models.DataChange) map[int64]bool {
	by, out := h.principal(c), map[int64]bool{}
	for _, change := range changes {
		for _, l := range change.Lines {
			if _, known := out[l.Model.ID]; !known {
				out[l.Model.ID] = by.Allows(models.ScopeWrite) && h.Store.MayWrite(c.Request.Context(), by, l.Model.ID, models.Contributor) == nil
			}
		}
	}
	return out
}

// showChanges lists the announced changes of all datasets.
func (h *Handlers) showChanges(c *gin.Context) (err error) {
	p := views.DataChangesPage{Frame: h.frame(c, "Planned data changes"), Past: c.Query("past") != ""}
	if p.Changes, err = h.Store.Changes(c.Request.Context(), h.principal(c), store.ChangeFilter{Past: p.Past}); err != nil {
		return err
	}
	p.MayTell = h.mayTellOf(c, p.Changes)
	return render(c, http.StatusOK, views.DataChanges(p))
}

func (h *Handlers) submitFreshness(c *gin.Context) error {
	every, err := readEvery(c.PostForm("every"))
	if err == nil {
		err = h.Store.PromiseFreshness(c.Request.Context(), h.principal(c), subject(c), every)
	}
	if !refused(err) {
		return seeUnless(c, err, subject(c).Ref.Path())
	}
	return h.refuseDataset(c, err, "freshness", func(d *views.DatasetPart) { d.Every = c.PostForm("every") })
}

// refuseDataset is the dataset's page with a refused form in it.
func (h *Handlers) refuseDataset(c *gin.Context, err error, form string, keep func(*views.DatasetPart)) error {
	p, pageErr := h.subjectPage(c, subject(c))
	if pageErr != nil {
		return pageErr
	}
	p.Error, p.Draft = err.Error(), views.Draft{Form: form}
	if p.Dataset != nil {
		keep(p.Dataset)
	}
	return render(c, problemOf(err).Status, views.Subject(p))
}

func (h *Handlers) submitChange(c *gin.Context) error {
	draft := views.ChangeDraft{Kind: c.PostForm("kind"), Columns: c.PostForm("columns"), On: c.PostForm("on"), Text: c.PostForm("text")}
	on, err := readDay(draft.On)
	if err == nil {
		_, err = h.Store.AnnounceChange(c.Request.Context(), h.principal(c), subject(c),
			models.DataChange{Kind: models.ChangeKind(draft.Kind), Columns: strings.Split(draft.Columns, ","), On: on, Text: draft.Text})
	}
	if !refused(err) {
		return seeUnless(c, err, subject(c).Ref.Path()+"#changes")
	}
	return h.refuseDataset(c, err, "change", func(d *views.DatasetPart) { d.Draft = draft })
}

// changeOfForm is the change that the address names.
func (h *Handlers) changeOfForm(c *gin.Context) (models.DataChange, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return models.DataChange{}, models.Errorf(models.NotFound, "There is no such change, or it is not yours to see.")
	}
	return h.Store.Change(c.Request.Context(), h.principal(c), id)
}

// submitChangeEnd withdraws a change, says that it happened, or puts it on another day.
func (h *Handlers) submitChangeEnd(c *gin.Context) error {
	change, err := h.changeHere(c.Request.Context(), idParam(c))
	if err != nil {
		return err
	}
	if day := c.PostForm("on"); day != "" {
		return h.submitChangeMove(c, change, day)
	}
	state := models.ChangeState(c.PostForm("state"))
	if state != models.ChangeWithdrawn && state != models.ChangeHappened {
		return models.FieldErrorf(models.Unprocessed, "state", "Say either withdrawn or happened.")
	}
	return seeUnless(c, h.Store.EndChange(c.Request.Context(), h.principal(c), change, state), subject(c).Ref.Path()+"#changes")
}

func (h *Handlers) submitChangeMove(c *gin.Context, change models.DataChange, day string) error {
	err := h.moveChange(c.Request.Context(), change, day)
	if refused(err) {
		return h.refuseDataset(c, err, "", func(*views.DatasetPart) {})
	}
	return seeUnless(c, err, subject(c).Ref.Path()+"#change-"+itoa(change.ID))
}

// idParam is the number in the address; 0 where there is none.
func idParam(c *gin.Context) int64 {
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64)
	return id
}

// submitAnswer says what a change means for the model of the address.
func (h *Handlers) submitAnswer(c *gin.Context) error {
	change, err := h.changeOfForm(c)
	if err != nil {
		return err
	}
	draft := views.AnswerDraft{Change: change.ID, Model: subject(c).ID, Verdict: c.PostForm("verdict"), Text: c.PostForm("text")}
	err = h.Store.AnswerChange(c.Request.Context(), h.principal(c), change, models.ChangeAnswer{Model: draft.Model, Verdict: models.ChangeVerdict(draft.Verdict), Text: draft.Text})
	if !refused(err) {
		return seeUnless(c, err, change.Dataset.Ref.Path()+"#change-"+itoa(change.ID))
	}
	draft.Error = err.Error()
	p := views.DataChangesPage{Frame: h.frame(c, "Planned data changes"), Changes: []models.DataChange{change}, Draft: draft}
	p.MayTell = h.mayTellOf(c, p.Changes)
	return render(c, problemOf(err).Status, views.DataChanges(p))
}
