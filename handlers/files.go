package handlers

import (
	"errors"
	"mime"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"throughline/handlers/mlflow"
	"throughline/models"
	"throughline/models/store"
)

// file is the one that the route's rule found.
func file(c *gin.Context) models.File { return request(c.Request.Context()).file }

// sendFile sends a file's bytes: always to be saved, never to be opened as a page
// of ours, and of a type that we chose.
func (h *Handlers) sendFile(c *gin.Context) error {
	f := file(c)
	r, err := h.Store.OpenFile(c.Request.Context(), f)
	if err != nil {
		return err
	}
	defer r.Close()
	mlflow.Send(c.Writer, c.Request, mlflow.Download{Name: f.Name, Type: f.Type, SHA256: f.SHA256, At: f.At, Body: r})
	return nil
}

// takeFiles takes in the files of a request, all of them or none.
func (h *Handlers) takeFiles(c *gin.Context) ([]models.File, error) {
	by, s := h.principal(c), request(c.Request.Context()).subject
	leave, err := h.uploading.enter(by.Actor())
	if err != nil {
		return nil, err
	}
	defer leave()
	up, err := h.Store.Upload(c.Request.Context(), by, s)
	if err != nil {
		return nil, err
	}
	defer up.Drop()
	if err := addFiles(c, up); err != nil {
		return nil, h.overAll(err)
	}
	return up.Keep(c.Request.Context())
}

// overAll says it when all files of an upload together were too large.
func (h *Handlers) overAll(err error) error {
	if over := new(http.MaxBytesError); errors.As(err, &over) {
		return models.Errorf(models.TooLarge, "All files of one upload together may have %d MiB. Nothing was uploaded; send them one after the other.", h.filesLimit()>>20)
	}
	return err
}

// addFiles reads the request's files: the parts of a form, or one body.
func addFiles(c *gin.Context, up *store.Upload) error {
	if isForm(c) {
		form, err := parts(c)
		if err != nil {
			return err
		}
		return form.addAll(c, up)
	}
	if e := c.GetHeader("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return models.Errorf(models.Unsupported, "A file is kept as it is sent; send it without the content encoding %q.", e)
	}
	name, err := sentName(c)
	if err != nil {
		return err
	}
	return up.Add(c.Request.Context(), name, c.Request.Body)
}

// sentName is the name of a file that is the whole body: of its
// Content-Disposition, or of ?name=.
func sentName(c *gin.Context) (string, error) {
	if _, params, err := mime.ParseMediaType(c.GetHeader("Content-Disposition")); err == nil && params["filename"] != "" {
		return params["filename"], nil
	}
	name, err := once(c.QueryArray("name"))
	if err != nil {
		return "", err
	}
	if name == "" {
		return "", models.FieldErrorf(models.Unprocessed, "name", "Say what the file is called: ?name=plot.png, or Content-Disposition: attachment; filename=\"plot.png\".")
	}
	return name, nil
}

// refuseRest ends a refused upload: many clients send the whole of it before they
// look at the answer, and get a moment for that.
func refuseRest(c *gin.Context) {
	if l, ok := c.Request.Body.(*slowly); ok {
		l.rest(bodyTime)
	}
	drain(c.Request.Body)
}
