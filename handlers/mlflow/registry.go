package mlflow

import (
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"throughline/models"
)

func (a *API) registryRoutes() []Route {
	list := slices.Concat(a.modelRoutes(), a.versionRoutes(), a.webhookRoutes())
	for n := range list {
		list[n].Registry = true
	}
	return list
}

func (a *API) modelRoutes() []Route {
	return []Route{
		read("registered-models/get", a.getRegisteredModel),
		read("registered-models/search", a.searchRegisteredModels),
		read("registered-models/list", a.searchRegisteredModels), // clients before 2.0
		write(http.MethodPost, "registered-models/create", a.createRegisteredModel),
		write(http.MethodPatch, "registered-models/update", a.updateRegisteredModel),
		write(http.MethodPost, "registered-models/rename", a.renameRegisteredModel),
		write(http.MethodDelete, "registered-models/delete", a.deleteRegisteredModel),
		write(http.MethodPost, "registered-models/set-tag", a.setRegisteredModelTag),
		write(http.MethodDelete, "registered-models/delete-tag", a.deleteRegisteredModelTag),
		ask("registered-models/get-latest-versions", a.getLatestVersions),
		read("registered-models/get-latest-versions", a.getLatestVersions),
		write(http.MethodPost, "registered-models/alias", a.setAlias),
		read("registered-models/alias", a.getAlias),
		write(http.MethodDelete, "registered-models/alias", a.deleteAlias),
	}
}

// The limits of the registry (mlflow/utils/validation.py).
const (
	maxRegistryTagValue = 100_000
	maxModelName        = 256
	maxAlias            = 255
)

// modelName is how calls name a registered model.
type modelName struct {
	Name string `json:"name"`
}

func (n modelName) valid() error { return validModelName("name", n.Name) }

func validModelName(where, name string) error {
	switch {
	case name == "":
		return missing(where)
	case strings.TrimSpace(name) == "":
		return models.Errorf(models.Invalid, "Missing value for required parameter '%s'.", where)
	case strings.ContainsAny(name, "/:"):
		return models.Errorf(models.Invalid, "Invalid model name '%s'. Names cannot contain '/' or ':'.", short(name))
	case path.Clean(name) != name || name == "." || name == "..":
		return models.Errorf(models.Invalid, "Invalid value %q for parameter '%s' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '%s'", short(name), where, path.Clean(name))
	case utf8.RuneCountInString(name) > maxModelName:
		return models.Errorf(models.Invalid, "'%s' exceeds the maximum length of %d characters", where, maxModelName)
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return models.Errorf(models.Invalid, "Invalid model name '%s'. Names cannot contain control characters.", short(name))
	}
	return nil
}

func validRegistryTags(list []models.Pair) error {
	for _, t := range list {
		if err := validName("key", t.Key); err != nil {
			return err
		}
		if utf8.RuneCountInString(t.Value) > maxRegistryTagValue {
			return models.Errorf(models.Invalid, "'value' exceeds the maximum length of %d characters", maxRegistryTagValue)
		}
	}
	return nil
}

// readModel reads a call that names a model.
func (c *Call) readModel(into any, name *modelName) error {
	if err := c.Read(into); err != nil {
		return err
	}
	return name.valid()
}

func (a *API) getRegisteredModel(c *Call) (any, error) {
	var in modelName
	if err := c.readModel(&in, &in); err != nil {
		return nil, err
	}
	m, err := a.Store.RegisteredModel(c, c.Space, in.Name)
	return registeredAnswer{wireRegistered(m)}, err
}

func (a *API) createRegisteredModel(c *Call) (any, error) {
	var in struct {
		modelName
		Description string        `json:"description"`
		Tags        []models.Pair `json:"tags"`
	}
	if err := c.readModel(&in, &in.modelName); err != nil {
		return nil, err
	}
	if err := validRegistryTags(in.Tags); err != nil {
		return nil, err
	}
	prompt := slices.ContainsFunc(in.Tags, func(t models.Pair) bool {
		return t.Key == models.PromptTag && strings.EqualFold(t.Value, "true")
	})
	m, err := a.Store.CreateRegisteredModel(c, c.By, c.Space, models.RegisteredModel{Name: in.Name, Description: in.Description, Tags: in.Tags, Prompt: prompt})
	return registeredAnswer{wireRegistered(m)}, err
}

func (a *API) updateRegisteredModel(c *Call) (any, error) {
	var in struct {
		modelName
		Description string `json:"description"`
	}
	if err := c.readModel(&in, &in.modelName); err != nil {
		return nil, err
	}
	m, err := a.Store.DescribeRegisteredModel(c, c.By, c.Space, in.Name, in.Description)
	return registeredAnswer{wireRegistered(m)}, err
}

func (a *API) renameRegisteredModel(c *Call) (any, error) {
	var in struct {
		modelName
		To string `json:"new_name"`
	}
	if err := c.readModel(&in, &in.modelName); err != nil {
		return nil, err
	}
	if err := validModelName("new_name", in.To); err != nil {
		return nil, err
	}
	m, err := a.Store.RenameRegisteredModel(c, c.By, c.Space, in.Name, in.To)
	return registeredAnswer{wireRegistered(m)}, err
}

func (a *API) deleteRegisteredModel(c *Call) (any, error) {
	var in modelName
	if err := c.readModel(&in, &in); err != nil {
		return nil, err
	}
	return empty{}, a.Store.DeleteRegisteredModel(c, c.By, c.Space, in.Name)
}

type modelTag struct {
	modelName
	models.Pair
}

func (a *API) setRegisteredModelTag(c *Call) (any, error) {
	var in modelTag
	if err := c.readModel(&in, &in.modelName); err != nil {
		return nil, err
	}
	if err := validRegistryTags([]models.Pair{in.Pair}); err != nil {
		return nil, err
	}
	return empty{}, a.Store.TagRegisteredModel(c, c.By, c.Space, in.Name, []models.Pair{in.Pair}, "")
}

func (a *API) deleteRegisteredModelTag(c *Call) (any, error) {
	var in modelTag
	if err := c.readModel(&in, &in.modelName); err != nil {
		return nil, err
	}
	if err := validName("key", in.Key); err != nil {
		return nil, err
	}
	return empty{}, a.Store.TagRegisteredModel(c, c.By, c.Space, in.Name, nil, in.Key)
}

// The pages of searches for registered models and for versions.
const (
	usualModels, mostModels     = 100, 1000
	usualVersions, mostVersions = 10_000, 200_000
)

func (a *API) searchRegisteredModels(c *Call) (any, error) {
	var in searchIn
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	limit, err := in.limit(usualModels, mostModels)
	if err != nil {
		return nil, err
	}
	list, next, err := a.Store.SearchRegisteredModels(c, c.Space, in.search(limit))
	out := struct {
		Models []registeredWire `json:"registered_models,omitempty"`
		Next   string           `json:"next_page_token,omitempty"`
	}{Next: next}
	for _, m := range list {
		out.Models = append(out.Models, wireRegistered(m))
	}
	return out, err
}

func (a *API) getLatestVersions(c *Call) (any, error) {
	var in struct {
		modelName
		Stages texts `json:"stages"`
	}
	if err := c.readModel(&in, &in.modelName); err != nil {
		return nil, err
	}
	for n, s := range in.Stages {
		stage, err := canonicalStage(s)
		if err != nil {
			return nil, err
		}
		in.Stages[n] = stage
	}
	list, err := a.Store.LatestVersions(c, c.Space, in.Name, in.Stages)
	return map[string]any{"model_versions": wireVersions(list)}, err
}

var (
	aliasName     = regexp.MustCompile(`^[\pL\pN_-]*$`)
	reservedAlias = regexp.MustCompile(`^[vV]\d+$`)
)

type aliasIn struct {
	modelName
	Alias   string `json:"alias"`
	Version string `json:"version"`
}

// readAlias reads a call that names an alias of a model.
func (c *Call) readAlias() (in aliasIn, err error) {
	if err := c.readModel(&in, &in.modelName); err != nil {
		return in, err
	}
	switch {
	case in.Alias == "":
		return in, models.Errorf(models.Invalid, "Registered model alias name cannot be empty.")
	case !aliasName.MatchString(in.Alias):
		return in, models.Errorf(models.Invalid, "Invalid alias name: '%s'. Names may only contain alphanumerics, underscores (_), and dashes (-).", short(in.Alias))
	case utf8.RuneCountInString(in.Alias) > maxAlias:
		return in, models.Errorf(models.Invalid, "'Registered model alias name' exceeds the maximum length of %d characters", maxAlias)
	}
	return in, nil
}

func (a *API) setAlias(c *Call) (any, error) {
	in, err := c.readAlias()
	if err != nil {
		return nil, err
	}
	switch {
	case strings.EqualFold(in.Alias, "latest"):
		return nil, models.Errorf(models.Invalid, "'latest' alias name (case insensitive) is reserved.")
	case reservedAlias.MatchString(in.Alias):
		return nil, models.Errorf(models.Invalid, "Version alias name '%s' is reserved.", in.Alias)
	}
	version, err := versionNumber(in.Version)
	if err != nil {
		return nil, err
	}
	return empty{}, a.Store.SetModelAlias(c, c.By, c.Space, in.Name, in.Alias, version)
}

func (a *API) getAlias(c *Call) (any, error) {
	in, err := c.readAlias()
	if err != nil {
		return nil, err
	}
	v, err := a.Store.VersionByAlias(c, c.Space, in.Name, in.Alias)
	return versionAnswer{wireVersion(v)}, err
}

func (a *API) deleteAlias(c *Call) (any, error) {
	in, err := c.readAlias()
	if err != nil {
		return nil, err
	}
	return empty{}, a.Store.DropModelAlias(c, c.By, c.Space, in.Name, in.Alias)
}
