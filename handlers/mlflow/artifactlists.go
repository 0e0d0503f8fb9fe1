package mlflow

import (
	"context"
	"path"
	"strings"

	"throughline/models"
	"throughline/models/store"
)

// fileInfo is a line of a list of artifacts.
type fileInfo struct {
	Path string `json:"path"`
	Dir  bool   `json:"is_dir"`
	Size int64  `json:"file_size,omitempty"` // of a file that is not empty
}

type fileList struct {
	Root  string     `json:"root_uri,omitempty"`
	Files []fileInfo `json:"files,omitempty"`
}

// fileInfos are entries as clients read them, each name below a folder.
func fileInfos(below string, entries []models.ArtifactEntry) (out []fileInfo) {
	for _, e := range entries {
		f := fileInfo{Path: path.Join(below, e.Name), Dir: e.Dir}
		if !e.Dir {
			f.Size = e.Size
		}
		out = append(out, f)
	}
	return out
}

// listFolder lists by the whole path of a folder; names are bare. Where there is no
// such folder there is nothing in it.
func (a *API) listFolder(c *Call) (any, error) {
	raw := strings.TrimSuffix(c.Request.URL.Query().Get("path"), "/")
	if raw == "" {
		return fileList{}, nil
	}
	at, err := models.ParseArtifactPath(raw)
	h, at, err := a.held(c, at, err)
	if models.CodeOf(err) == models.NotFound {
		return fileList{}, nil
	}
	if err != nil {
		return nil, err
	}
	entries, err := a.Store.Artifacts(c, h, at)
	return fileList{Files: fileInfos("", entries)}, err
}

// ofRun is how calls name a run and something in it.
type ofRun struct {
	runID
	Path string `json:"path"`
}

// listOfRun lists a folder of a run; names are paths below the run.
func (a *API) listOfRun(c *Call) (any, error) {
	var in ofRun
	if err := c.readRun(&in, &in.runID); err != nil {
		return nil, err
	}
	return a.listBelow(c, in.key(), in.Path, a.Store.RunHolder)
}

// holderOf finds a holder by its key.
type holderOf func(context.Context, store.Space, string) (store.Holder, error)

// listBelow lists a folder of a holder; no path is its top.
func (a *API) listBelow(c *Call, key, raw string, find holderOf) (any, error) {
	var at models.ArtifactPath
	var err error
	if raw != "" {
		if at, err = models.ParseArtifactPath(strings.TrimSuffix(raw, "/")); err != nil {
			return nil, err
		}
	}
	h, err := find(c, c.Space, key)
	if err != nil {
		return nil, err
	}
	entries, err := a.Store.Artifacts(c, h, at)
	return fileList{Root: h.URI(), Files: fileInfos(at.String(), entries)}, err
}

// downloadOfRun is how MLflow's own pages, and scripts made for them, fetch a file.
func (a *API) downloadOfRun(c *Call) (any, error) {
	var in ofRun
	if err := c.readRun(&in, &in.runID); err != nil {
		return nil, err
	}
	return a.downloadBelow(c, in.key(), in.Path, a.Store.RunHolder)
}

func (a *API) downloadBelow(c *Call, key, raw string, find holderOf) (any, error) {
	at, err := models.ParseArtifactPath(raw)
	if err != nil {
		return nil, err
	}
	h, err := find(c, c.Space, key)
	if err != nil {
		return nil, err
	}
	return Written, a.send(c, h, at)
}

// listOfModel lists a folder of a logged model.
func (a *API) listOfModel(c *Call) (any, error) {
	return a.listBelow(c, c.Param("model"), c.Request.URL.Query().Get("artifact_directory_path"), a.Store.ModelHolder)
}

// downloadOfModel is how MLflow's own pages fetch a file of a logged model.
func (a *API) downloadOfModel(c *Call) (any, error) {
	return a.downloadBelow(c, c.Param("model"), c.Request.URL.Query().Get("artifact_file_path"), a.Store.ModelHolder)
}
