package mlflow

import (
	"net/http"
	"strconv"
	"strings"

	"throughline/models"
	"throughline/models/store"
)

func (a *API) versionRoutes() []Route {
	return []Route{
		read("model-versions/get", a.getModelVersion),
		read("model-versions/search", a.searchModelVersions),
		read("model-versions/get-download-uri", a.getDownloadURI),
		write(http.MethodPost, "model-versions/create", a.createModelVersion),
		write(http.MethodPatch, "model-versions/update", a.updateModelVersion),
		write(http.MethodPost, "model-versions/transition-stage", a.stageModelVersion),
		write(http.MethodDelete, "model-versions/delete", a.deleteModelVersion),
		write(http.MethodPost, "model-versions/set-tag", a.setModelVersionTag),
		write(http.MethodDelete, "model-versions/delete-tag", a.deleteModelVersionTag),
	}
}

// versionName is how calls name a version.
type versionName struct {
	modelName
	Version string `json:"version"`
	number  int64
}

func versionNumber(text string) (int64, error) {
	if text == "" {
		return 0, missing("version")
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, models.Errorf(models.Invalid, "Parameter 'version' must be an integer, got '%s'.", short(text))
	}
	return n, nil
}

// readVersion reads a call that names a version.
func (c *Call) readVersion(into any, name *versionName) error {
	if err := c.readModel(into, &name.modelName); err != nil {
		return err
	}
	n, err := versionNumber(name.Version)
	name.number = n
	return err
}

func (a *API) getModelVersion(c *Call) (any, error) {
	var in versionName
	if err := c.readVersion(&in, &in); err != nil {
		return nil, err
	}
	v, err := a.Store.ModelVersion(c, c.Space, in.Name, in.number)
	return versionAnswer{wireVersion(v)}, err
}

func (a *API) getDownloadURI(c *Call) (any, error) {
	var in versionName
	if err := c.readVersion(&in, &in); err != nil {
		return nil, err
	}
	v, err := a.Store.ModelVersion(c, c.Space, in.Name, in.number)
	return map[string]string{"artifact_uri": v.Storage}, err
}

func (a *API) createModelVersion(c *Call) (any, error) {
	var in struct {
		modelName
		Source      string        `json:"source"`
		Run         string        `json:"run_id"`
		RunLink     string        `json:"run_link"`
		Description string        `json:"description"`
		LoggedModel string        `json:"model_id"`
		Tags        []models.Pair `json:"tags"`
	}
	if err := c.readModel(&in, &in.modelName); err != nil {
		return nil, err
	}
	if in.Source == "" {
		return nil, missing("source")
	}
	if err := validRegistryTags(in.Tags); err != nil {
		return nil, err
	}
	v, err := a.Store.CreateModelVersion(c, c.By, c.Space, store.NewVersion{Model: in.Name, Source: in.Source, Run: in.Run, RunLink: in.RunLink,
		LoggedModel: in.LoggedModel, Description: in.Description, Tags: in.Tags, Call: c.mark()})
	return versionAnswer{wireVersion(v)}, err
}

func (a *API) updateModelVersion(c *Call) (any, error) {
	var in struct {
		versionName
		Description string `json:"description"`
	}
	if err := c.readVersion(&in, &in.versionName); err != nil {
		return nil, err
	}
	v, err := a.Store.DescribeModelVersion(c, c.By, c.Space, in.Name, in.number, in.Description)
	return versionAnswer{wireVersion(v)}, err
}

// canonicalStage is a stage as it is written, whatever its case.
func canonicalStage(text string) (string, error) {
	for _, s := range models.Stages {
		if strings.EqualFold(s, text) {
			return s, nil
		}
	}
	return "", models.Errorf(models.Invalid, "Invalid Model Version stage: %s. Value must be one of %s.", short(text), strings.Join(models.Stages, ", "))
}

func (a *API) stageModelVersion(c *Call) (any, error) {
	var in struct {
		versionName
		Stage   string `json:"stage"`
		Archive bool   `json:"archive_existing_versions"`
	}
	if err := c.readVersion(&in, &in.versionName); err != nil {
		return nil, err
	}
	stage, err := canonicalStage(in.Stage)
	if err != nil {
		return nil, err
	}
	if in.Archive && stage != models.StageStaging && stage != models.StageProduction {
		return nil, models.Errorf(models.Invalid, "Model version transition cannot archive existing model versions because '%s' is not an Active stage. Valid stages are ['Staging', 'Production']", stage)
	}
	v, err := a.Store.StageModelVersion(c, c.By, c.Space, in.Name, in.number, stage, in.Archive)
	return versionAnswer{wireVersion(v)}, err
}

func (a *API) deleteModelVersion(c *Call) (any, error) {
	var in versionName
	if err := c.readVersion(&in, &in); err != nil {
		return nil, err
	}
	return empty{}, a.Store.DeleteModelVersion(c, c.By, c.Space, in.Name, in.number)
}

type versionTag struct {
	versionName
	models.Pair
}

func (a *API) setModelVersionTag(c *Call) (any, error) {
	var in versionTag
	if err := c.readVersion(&in, &in.versionName); err != nil {
		return nil, err
	}
	if err := validRegistryTags([]models.Pair{in.Pair}); err != nil {
		return nil, err
	}
	return empty{}, a.Store.TagModelVersion(c, c.By, c.Space, in.Name, in.number, []models.Pair{in.Pair}, "")
}

func (a *API) deleteModelVersionTag(c *Call) (any, error) {
	var in versionTag
	if err := c.readVersion(&in, &in.versionName); err != nil {
		return nil, err
	}
	if err := validName("key", in.Key); err != nil {
		return nil, err
	}
	return empty{}, a.Store.TagModelVersion(c, c.By, c.Space, in.Name, in.number, nil, in.Key)
}

func (a *API) searchModelVersions(c *Call) (any, error) {
	var in searchIn
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	limit, err := in.limit(usualVersions, mostVersions)
	if err != nil {
		return nil, err
	}
	list, next, err := a.Store.SearchModelVersions(c, c.Space, in.search(limit))
	return struct {
		Versions []versionWire `json:"model_versions,omitempty"`
		Next     string        `json:"next_page_token,omitempty"`
	}{wireVersions(list), next}, err
}
