package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"throughline/models"
)

func (h *Handlers) fileOperations() []Route {
	return []Route{
		op(http.MethodGet, "/subjects/{kind}/{key}/files", ofSubject(models.Viewer, refParam), "List the files of a subject, newest first", h.listFiles),
		h.uploadOperation("/subjects/{kind}/{key}/files", ofSubject(models.Contributor, refParam)),
		op(http.MethodGet, "/files/{id}", ofFile(models.Viewer), "Read what is known of a file; its bytes are at its url", h.readFile),
		op(http.MethodDelete, "/files/{id}", ofFile(models.Contributor), "Delete a file: one's own, or any as a maintainer", h.deleteFile),
	}
}

// uploadOperation takes files as the parts of a form, or one as the whole body.
func (h *Handlers) uploadOperation(path string, rule Rule) Route {
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	form := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"file": {Type: huma.TypeArray, Items: binary}}}
	o := huma.Operation{OperationID: operationID(http.MethodPost, path), Method: http.MethodPost, Path: apiRoot + path,
		Summary: "Upload files: a form with up to 20, or one as the body and its name in ?name= or Content-Disposition",
		Tags:    []string{tag(path)}, Description: permission(rule), DefaultStatus: http.StatusCreated,
		Errors: []int{400, 401, 403, 404, 413, 415, 422, 503}}
	files := &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"multipart/form-data": {Schema: form}, "application/octet-stream": {Schema: binary}}}
	return Route{Method: http.MethodPost, Path: ginPath(o.Path), Class: API, Rule: rule, Scope: models.ScopeWrite, Upload: true,
		operation: func(api huma.API) {
			huma.Register(api, o, told(h.uploadFiles))
			api.OpenAPI().Paths[o.Path].Post.RequestBody = files // later, or huma would read the body to check it
		}}
}

// uploadInput reads its body itself, as it comes.
type uploadInput struct {
	InSubject
	Name string `query:"name" maxLength:"1000" doc:"What the file is called, when it is the whole body"`

	request *gin.Context
}

// Resolve keeps the request for its body.
func (u *uploadInput) Resolve(ctx huma.Context) []error {
	u.request = humagin.Unwrap(ctx)
	return nil
}

func (h *Handlers) uploadFiles(_ context.Context, in *uploadInput) (*body[fileList], error) {
	files, err := h.takeFiles(in.request)
	if err != nil {
		refuseRest(in.request)
		return nil, err
	}
	return reply(fileList{Files: each(files, h.fileJSON)}), nil
}

type fileList struct {
	Files []fileJSON `json:"files"`
}

// fileJSON is a file without its bytes.
type fileJSON struct {
	ID      string           `json:"id"`
	Name    string           `json:"name"`
	Type    models.MediaType `json:"type" doc:"Decided from the bytes"`
	Size    int64            `json:"size"`
	SHA256  string           `json:"sha256"`
	URL     string           `json:"url" doc:"Where its bytes are"`
	Subject refJSON          `json:"subject"`
	By      string           `json:"by"`
	At      *time.Time       `json:"at"`
}

func (h *Handlers) fileJSON(f models.File) fileJSON {
	return fileJSON{ID: f.ID, Name: f.Name, Type: f.Type, Size: f.Size, SHA256: f.SHA256, URL: h.link(f.Path()),
		Subject: refOf(f.Subject.Ref), By: f.By, At: when(f.At)}
}

func (h *Handlers) listFiles(ctx context.Context, _ *InSubject) (*body[fileList], error) {
	s := request(ctx).subject
	files, err := h.Store.Files(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	for i := range files {
		files[i].Subject = s
	}
	return reply(fileList{Files: each(files, h.fileJSON)}), nil
}

// InFile is a file in the path.
type InFile struct {
	ID string `path:"id" doc:"The file's id"`
}

func (h *Handlers) readFile(ctx context.Context, _ *InFile) (*body[fileJSON], error) {
	return reply(h.fileJSON(request(ctx).file)), nil
}

func (h *Handlers) deleteFile(ctx context.Context, _ *InFile) (*empty, error) {
	if err := h.Store.DeleteFile(ctx, actor(ctx), request(ctx).file.ID); err != nil {
		return nil, err
	}
	return &empty{Status: http.StatusNoContent}, nil
}
