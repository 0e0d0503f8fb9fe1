package mlflow

import (
	"cmp"
	"net/http"
	"unicode/utf8"

	"throughline/models"
)

func (a *API) experimentRoutes() []Route {
	return []Route{
		read("experiments/get", a.getExperiment),
		read("experiments/get-by-name", a.getExperimentByName),
		write(http.MethodPost, "experiments/create", a.createExperiment),
		write(http.MethodPost, "experiments/update", a.updateExperiment),
		write(http.MethodPost, "experiments/delete", a.turnExperiment(models.LifecycleDeleted)),
		write(http.MethodPost, "experiments/restore", a.turnExperiment(models.LifecycleActive)),
		write(http.MethodPost, "experiments/set-experiment-tag", a.setExperimentTag),
		write(http.MethodPost, "experiments/delete-experiment-tag", a.deleteExperimentTag),
	}
}

type experimentAnswer struct {
	Experiment experimentWire `json:"experiment"`
}

func (a *API) getExperiment(c *Call) (any, error) {
	var in struct {
		ID string `json:"experiment_id"`
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	e, err := a.Store.TrackedExperiment(c, c.Space, cmp.Or(in.ID, "0"))
	return experimentAnswer{wireExperiment(e)}, err
}

func (a *API) getExperimentByName(c *Call) (any, error) {
	var in struct {
		Name string `json:"experiment_name"`
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	e, err := a.Store.TrackedExperimentByName(c, c.Space, in.Name)
	return experimentAnswer{wireExperiment(e)}, err
}

// The limits of names and of tags of experiments (mlflow/utils/validation.py).
const (
	maxExperimentName     = 500
	maxExperimentTagValue = 20000
)

func (a *API) createExperiment(c *Call) (any, error) {
	var in struct {
		Name      string        `json:"name"`
		Artifacts string        `json:"artifact_location"`
		Tags      []models.Pair `json:"tags"`
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	if err := cmp.Or(validExperimentName(in.Name), validLocation(in.Artifacts)); err != nil {
		return nil, err
	}
	for _, t := range in.Tags {
		if err := validExperimentTag(t); err != nil {
			return nil, err
		}
	}
	e, err := a.Store.CreateExperiment(c, c.By, c.Space, models.TrackedExperiment{Name: in.Name, ArtifactLocation: in.Artifacts, Tags: in.Tags})
	return map[string]string{"experiment_id": e.Key}, err
}

func validExperimentName(name string) error {
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return missing("name")
	case n > maxExperimentName:
		return models.Errorf(models.Invalid, "'name' exceeds the maximum length of %d characters", maxExperimentName)
	}
	return nil
}

// validLocation refuses places of artifacts that are not ours: what is stored there
// would be fetched with the rights of whoever reads it.
func validLocation(location string) error {
	if location == "" {
		return nil
	}
	return models.Errorf(models.Invalid, "Throughline keeps the artifacts of an experiment itself; leave artifact_location out, instead of %q.", location)
}

func validExperimentTag(t models.Pair) error {
	if err := validName("key", t.Key); err != nil {
		return err
	}
	if utf8.RuneCountInString(t.Value) > maxExperimentTagValue {
		return models.Errorf(models.Invalid, "'value' exceeds the maximum length of %d characters", maxExperimentTagValue)
	}
	return nil
}

type experimentID struct {
	ID string `json:"experiment_id"`
}

func (a *API) updateExperiment(c *Call) (any, error) {
	var in struct {
		experimentID
		Name string `json:"new_name"`
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	if err := validExperimentName(in.Name); err != nil {
		return nil, err
	}
	err := a.Store.ChangeExperiment(c, c.By, c.Space, in.ID, in.Name, "")
	if models.CodeOf(err) == models.Conflict && err != nil {
		return nil, &Fault{Code: "BAD_REQUEST", Status: http.StatusBadRequest, Message: err.Error()} // as the reference answers
	}
	return empty{}, err
}

func (a *API) turnExperiment(lifecycle string) func(c *Call) (any, error) {
	return func(c *Call) (any, error) {
		var in experimentID
		if err := c.Read(&in); err != nil {
			return nil, err
		}
		return empty{}, a.Store.ChangeExperiment(c, c.By, c.Space, in.ID, "", lifecycle)
	}
}

type experimentTag struct {
	experimentID
	models.Pair
}

func (a *API) setExperimentTag(c *Call) (any, error) {
	var in experimentTag
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	if err := validExperimentTag(in.Pair); err != nil {
		return nil, err
	}
	return empty{}, a.Store.TagExperiment(c, c.By, c.Space, in.ID, []models.Pair{in.Pair})
}

func (a *API) deleteExperimentTag(c *Call) (any, error) {
	var in experimentTag
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	return empty{}, a.Store.TagExperiment(c, c.By, c.Space, in.ID, nil, in.Key)
}
