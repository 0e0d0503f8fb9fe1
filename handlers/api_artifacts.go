package handlers

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"time"

	"throughline/models"
)

func (h *Handlers) artifactOperations() []Route {
	return []Route{
		op(http.MethodGet, "/subjects/{kind}/{key}/artifacts", ofSubject(models.Viewer, refParam), "List a folder of a run's artifacts: its folders, then its files", h.listArtifacts),
	}
}

// artifactJSON is a file, or a folder with all that is in it.
type artifactJSON struct {
	Path   string           `json:"path"`
	Folder bool             `json:"folder"`
	Files  int64            `json:"files,omitempty" doc:"Of a folder: how many are in it, at any depth"`
	Size   int64            `json:"size"`
	Type   models.MediaType `json:"type,omitempty" doc:"Decided from the bytes"`
	SHA256 string           `json:"sha256,omitempty"`
	URL    string           `json:"url,omitempty" doc:"Where its bytes are"`
	At     *time.Time       `json:"at,omitempty"`
}

type artifactList struct {
	Artifacts []artifactJSON `json:"artifacts"`
	Next      string         `json:"next,omitempty"`
}

func (h *Handlers) listArtifacts(ctx context.Context, in *struct {
	InSubject
	Paging
	Path string `query:"path" maxLength:"2000" doc:"The folder; without it the run's top"`
}) (*body[artifactList], error) {
	var at models.ArtifactPath
	var err error
	if in.Path != "" {
		if at, err = models.ParseArtifactPath(in.Path); err != nil {
			return nil, err
		}
	}
	s := request(ctx).subject
	entries, err := h.Store.Artifacts(ctx, h.Store.SubjectHolder(s), at)
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(entries, in.Paging, func(e models.ArtifactEntry) string {
		if e.Dir {
			return "0" + e.Name
		}
		return "1" + e.Name
	})
	return reply(artifactList{Artifacts: each(page, func(e models.ArtifactEntry) artifactJSON { return h.artifactJSON(s.Ref, at, e) }), Next: next}), err
}

func (h *Handlers) artifactJSON(run models.Ref, at models.ArtifactPath, e models.ArtifactEntry) artifactJSON {
	a := artifactJSON{Path: path.Join(at.String(), e.Name), Folder: e.Dir, Files: e.Files, Size: e.Size, Type: e.File.Type, SHA256: e.File.SHA256, At: when(e.File.At)}
	if !e.Dir {
		a.URL = h.link(run.Path() + "/artifacts/file?path=" + url.QueryEscape(a.Path))
	}
	return a
}
