package mlflow

import (
	"net/http"
	"strings"

	"throughline/models"
	"throughline/models/store"
)

// artifactRoot is where the client's artifact proxy is (mlflow_artifacts.proto).
const artifactRoot = "/api/2.0/mlflow-artifacts/"

func (a *API) artifactRoutes() []Route {
	files := artifactRoot + "artifacts"
	return []Route{
		{Method: http.MethodGet, Path: files, Role: models.Viewer, Answer: a.listFolder},
		{Method: http.MethodGet, Path: files + "/*path", Role: models.Viewer, Answer: a.download},
		{Method: http.MethodPut, Path: files + "/*path", Role: models.Contributor, Upload: true, Answer: a.upload},
		{Method: http.MethodDelete, Path: files + "/*path", Role: models.Contributor, Answer: a.deleteArtifacts},
		{Method: http.MethodPost, Path: artifactRoot + "mpu/create/*path", Role: models.Contributor, Answer: noParts},
		read("artifacts/list", a.listOfRun),
		read("logged-models/:model/artifacts/directories", a.listOfModel),
		read("logged-models/:model/artifacts/files", a.downloadOfModel),
		{Method: http.MethodGet, Path: "/get-artifact", Role: models.Viewer, Answer: a.downloadOfRun},
	}
}

// noParts says that files come whole: clients that were told to send them in parts
// look for these words, and send them whole.
func noParts(*Call) (any, error) {
	return nil, &Fault{Code: "NOT_IMPLEMENTED", Status: http.StatusBadRequest, Message: "Multipart upload is not supported for the current artifact repository"}
}

// artifactPath is the artifact that the address names.
func (c *Call) artifactPath() (models.ArtifactPath, error) {
	return models.ParseArtifactPath(strings.TrimPrefix(c.Request.URL.Path, artifactRoot+"artifacts/"))
}

// held finds what has artifacts at a path.
func (a *API) held(c *Call, path models.ArtifactPath, err error) (store.Holder, models.ArtifactPath, error) {
	if err != nil {
		return store.Holder{}, nil, err
	}
	return a.Store.Holder(c, c.Space, path)
}

func (a *API) upload(c *Call) (any, error) {
	path, err := c.artifactPath()
	h, path, err := a.held(c, path, err)
	if err != nil {
		return nil, err
	}
	if e := c.Request.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return nil, models.Errorf(models.Unsupported, "An artifact is kept as it is sent; send it without the content encoding %q.", short(e))
	}
	_, err = a.Store.PutArtifact(c, c.By, h, path, c.Request.Body)
	return empty{}, err
}

func (a *API) download(c *Call) (any, error) {
	path, err := c.artifactPath()
	h, path, err := a.held(c, path, err)
	if err != nil {
		return nil, err
	}
	return Written, a.send(c, h, path)
}

// send sends a holder's artifact.
func (a *API) send(c *Call, h store.Holder, path models.ArtifactPath) error {
	found, err := a.Store.Artifact(c, h, path)
	if err != nil {
		return err
	}
	body, err := a.Store.OpenArtifact(c, found)
	if err != nil {
		return err
	}
	defer body.Close()
	Send(c.Writer, c.Request, Download{Name: found.Name, Type: found.Type, SHA256: found.SHA256, At: found.At, Body: body})
	return nil
}

// deleteArtifacts removes a file or a folder. All of a holder is its folder, which
// clients end with a slash.
func (a *API) deleteArtifacts(c *Call) (any, error) {
	path, err := models.ParseArtifactPath(strings.TrimSuffix(strings.TrimPrefix(c.Request.URL.Path, artifactRoot+"artifacts/"), "/"))
	h, path, err := a.held(c, path, err)
	if err != nil {
		return nil, err
	}
	return empty{}, a.Store.DeleteArtifacts(c, c.By, h, path)
}
