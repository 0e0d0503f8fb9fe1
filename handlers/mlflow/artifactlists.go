package mlflow

import (
	"cmp"
	"path"
	"strings"

	"throughline/models"
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

// parsed is the path below the run, which may be its top.
func (o ofRun) parsed() (models.ArtifactPath, error) {
	if o.Path == "" {
		return nil, nil
	}
	return models.ParseArtifactPath(strings.TrimSuffix(o.Path, "/"))
}

// listOfRun lists a folder of a run; names are paths below the run.
func (a *API) listOfRun(c *Call) (any, error) {
	var in ofRun
	if err := c.readRun(&in, &in.runID); err != nil {
		return nil, err
	}
	at, err := in.parsed()
	if err != nil {
		return nil, err
	}
	h, err := a.Store.RunHolder(c, c.Space, in.key())
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
	at, err := models.ParseArtifactPath(cmp.Or(in.Path, "/"))
	if err != nil {
		return nil, err
	}
	h, err := a.Store.RunHolder(c, c.Space, in.key())
	if err != nil {
		return nil, err
	}
	return Written, a.send(c, h, at)
}
