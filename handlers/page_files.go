package handlers

import (
	"context"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/views"
)

func (h *Handlers) fileRoutes() []Route {
	upload := post("/subjects/:kind/:key/files", ofSubject(models.Contributor, refParam), h.submitFiles)
	upload.Upload = true
	return []Route{
		upload,
		get("/files/:id", ofFile(models.Viewer), h.sendFile),
		get("/files/:id/view", ofFile(models.Viewer), h.showFile),
		post("/files/:id/delete", ofFile(models.Contributor), h.submitFileDeletion),
	}
}

// submitFiles keeps the files of the form; the script only wants to know whether.
func (h *Handlers) submitFiles(c *gin.Context) error {
	_, err := h.takeFiles(c)
	if err != nil {
		refuseRest(c)
	}
	switch {
	case part(c) && err != nil:
		writeProblem(c, problemOf(err))
		return nil
	case part(c):
		c.Status(http.StatusCreated)
		return nil
	case refused(err):
		return h.answerSubject(c, problemOf(err).Status, err.Error(), views.Draft{Form: "files"})
	}
	return seeUnless(c, err, subject(c).Ref.Path()+"#files")
}

func (h *Handlers) submitFileDeletion(c *gin.Context) error {
	f := file(c)
	return seeUnless(c, h.Store.DeleteFile(c.Request.Context(), h.principal(c), f.ID), f.Subject.Ref.Path()+"#files")
}

// previewed is how much of a text its page shows.
const previewed = models.Sniffed

// showFile is a page about a file, with its picture or the beginning of its text.
func (h *Handlers) showFile(c *gin.Context) error {
	f := file(c)
	p := views.FilePage{Frame: h.frame(c, f.Name), File: f, MayDelete: h.mayDelete(c, f)}
	projects, err := h.visibleProjects(c, f.Subject.ID)
	if err != nil {
		return err
	}
	p.Frame.Crumbs = append(subjectCrumbs(projects, f.Subject), views.Crumb{Text: f.Name})
	p.Frame.Crumbs[len(p.Frame.Crumbs)-2].Path = f.Subject.Ref.Path()
	if f.Type == models.PlainText {
		p.Text, err = h.beginning(c.Request.Context(), f)
	}
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, views.File(p))
}

func (h *Handlers) beginning(ctx context.Context, f models.File) (string, error) {
	r, err := h.Store.OpenFile(ctx, f)
	if err != nil {
		return "", err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, previewed))
	return string(text), err
}

// mayDelete tells whether the reader may delete a file: their own, or any as a
// maintainer.
func (h *Handlers) mayDelete(c *gin.Context, f models.File) bool {
	by, need := h.principal(c), models.Maintainer
	if f.ActorID == by.Actor() {
		need = models.Contributor
	}
	return by.Allows(models.ScopeWrite) && h.Store.MayWrite(c.Request.Context(), by, f.Subject.ID, need) == nil
}
