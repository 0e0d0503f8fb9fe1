package mlflow

import (
	"net/http"
	"strings"

	"throughline/models"
	"throughline/models/search"
	"throughline/models/store"
)

func (a *API) loggedModelRoutes() []Route {
	return []Route{
		write(http.MethodPost, "logged-models", a.createLoggedModel),
		ask("logged-models/search", a.searchLoggedModels),
		read("logged-models/:model", a.getLoggedModel),
		write(http.MethodPatch, "logged-models/:model", a.finishLoggedModel),
		write(http.MethodDelete, "logged-models/:model", a.deleteLoggedModel),
		write(http.MethodPost, "logged-models/:model/params", a.logLoggedModelParams),
		write(http.MethodPatch, "logged-models/:model/tags", a.setLoggedModelTags),
		write(http.MethodDelete, "logged-models/:model/tags/:tag", a.deleteLoggedModelTag),
		write(http.MethodPost, "runs/outputs", a.logOutputs),
	}
}

func (a *API) createLoggedModel(c *Call) (any, error) {
	var in struct {
		Experiment string        `json:"experiment_id"`
		Name       *string       `json:"name"`
		Type       string        `json:"model_type"`
		SourceRun  string        `json:"source_run_id"`
		Params     []models.Pair `json:"params"`
		Tags       []models.Pair `json:"tags"`
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	if in.Experiment == "" {
		return nil, missing("experiment_id")
	}
	n := store.NewLoggedModel{Experiment: in.Experiment, Type: cut(in.Type, 500), SourceRun: cut(in.SourceRun, 256), Key: "m-" + newKey(), Call: c.mark()}
	var err error
	if n.Name, err = loggedName(in.Name); err != nil {
		return nil, err
	}
	if n.Params, n.Tags, err = loggedPairs(in.Params, in.Tags); err != nil {
		return nil, err
	}
	l, err := a.Store.CreateLoggedModel(c, c.By, c.Space, n)
	return loggedAnswer{wireLogged(l)}, err
}

// loggedName is the name of a logged model, made up where there is none.
func loggedName(name *string) (string, error) {
	if name == nil || *name == "" {
		return madeUpName(), nil
	}
	if strings.ContainsAny(*name, `/:.%"'`) || len(*name) > 500 {
		return "", models.Errorf(models.Invalid, `Invalid model name ('%s') provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%%', '"', "'")`, short(*name))
	}
	return *name, nil
}

func loggedPairs(params, tags []models.Pair) ([]models.Pair, []models.Pair, error) {
	if len(params) > maxTogether || len(tags) > maxTogether {
		return nil, nil, models.Errorf(models.Invalid, "A logged model can take at most %d params and as many tags in one call.", maxTogether)
	}
	params, err := validParams(params, "params[#].key")
	if err != nil {
		return nil, nil, err
	}
	tags, err = validTags(tags, "tags[#].key")
	return params, tags, err
}

func (a *API) getLoggedModel(c *Call) (any, error) {
	deleted := strings.EqualFold(c.Request.URL.Query().Get("allow_deleted"), "true")
	l, err := a.Store.LoggedModel(c, c.Space, c.Param("model"), deleted)
	return loggedAnswer{wireLogged(l)}, err
}

// loggedStatus are the words and the numbers of service.proto for what a client may
// say of a logged model.
var loggedStatus = map[string]string{
	models.LoggedPending: models.LoggedPending, models.LoggedReady: models.LoggedReady, models.LoggedFailed: models.LoggedFailed,
	"1": models.LoggedPending, "2": models.LoggedReady, "3": models.LoggedFailed,
}

func (a *API) finishLoggedModel(c *Call) (any, error) {
	var in struct {
		Status word `json:"status"`
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	status, known := loggedStatus[string(in.Status)]
	if !known {
		return nil, models.Errorf(models.Invalid, "Invalid value '%s' for parameter 'status' supplied: it is LOGGED_MODEL_READY or LOGGED_MODEL_UPLOAD_FAILED.", short(string(in.Status)))
	}
	l, err := a.Store.FinishLoggedModel(c, c.By, c.Space, c.Param("model"), status)
	return loggedAnswer{wireLogged(l)}, err
}

// word is a text that may come as a number.
type word string

// UnmarshalJSON reads "READY" and 2.
func (w *word) UnmarshalJSON(data []byte) error {
	*w = word(strings.Trim(string(data), `"`))
	return nil
}

func (a *API) deleteLoggedModel(c *Call) (any, error) {
	return empty{}, a.Store.DeleteLoggedModel(c, c.By, c.Space, c.Param("model"))
}

func (a *API) logLoggedModelParams(c *Call) (any, error) {
	var in struct {
		Params []models.Pair `json:"params"`
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	params, _, err := loggedPairs(in.Params, nil)
	if err != nil {
		return nil, err
	}
	return empty{}, a.Store.ParamLoggedModel(c, c.By, c.Space, c.Param("model"), params)
}

func (a *API) setLoggedModelTags(c *Call) (any, error) {
	var in struct {
		Tags []models.Pair `json:"tags"`
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	_, tags, err := loggedPairs(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	return empty{}, a.Store.TagLoggedModel(c, c.By, c.Space, c.Param("model"), tags, "")
}

func (a *API) deleteLoggedModelTag(c *Call) (any, error) {
	return empty{}, a.Store.TagLoggedModel(c, c.By, c.Space, c.Param("model"), nil, c.Param("tag"))
}

func (a *API) logOutputs(c *Call) (any, error) {
	var in struct {
		runID
		Models []struct {
			Model string  `json:"model_id"`
			Step  integer `json:"step"`
		} `json:"models"`
	}
	if err := c.readRun(&in, &in.runID); err != nil {
		return nil, err
	}
	if len(in.Models) > maxTogether {
		return nil, models.Errorf(models.Invalid, "A run can take at most %d models in one call.", maxTogether)
	}
	var list []models.RunModel
	for _, m := range in.Models {
		if m.Model == "" || len(m.Model) > maxKey {
			return nil, missing("models.model_id")
		}
		list = append(list, models.RunModel{Model: m.Model, Step: int64(m.Step)})
	}
	return a.log(c, in.runID, store.Logged{Used: list})
}

// The pages of searches for logged models.
const usualLogged, mostLogged = 100, 1000

func (a *API) searchLoggedModels(c *Call) (any, error) {
	var in struct {
		searchIn
		Experiments texts              `json:"experiment_ids"`
		On          []store.MeasuredOn `json:"datasets"`
		OrderBy     []loggedOrder      `json:"order_by"`
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	limit, err := in.limit(usualLogged, mostLogged)
	if err != nil {
		return nil, err
	}
	q := store.LoggedSearch{Experiments: in.Experiments, Filter: in.Filter, On: in.On, Limit: limit, Token: in.Token}
	for _, o := range in.OrderBy {
		read, err := o.read()
		if err != nil {
			return nil, err
		}
		q.Order = append(q.Order, read)
	}
	if err := boundedOn(in.On); err != nil {
		return nil, err
	}
	list, next, err := a.Store.SearchLoggedModels(c, c.Space, q)
	out := struct {
		Models []loggedWire `json:"models,omitempty"`
		Next   string       `json:"next_page_token,omitempty"`
	}{Next: next}
	for _, l := range list {
		out.Models = append(out.Models, wireLogged(l))
	}
	return out, err
}

// loggedOrder is a key to order logged models by.
type loggedOrder struct {
	Field     string `json:"field_name"`
	Ascending *bool  `json:"ascending"`
	store.MeasuredOn
}

func (o loggedOrder) read() (store.LoggedOrder, error) {
	order, err := search.LoggedModels.Field(o.Field, o.Ascending != nil && !*o.Ascending)
	return store.LoggedOrder{Order: order, On: o.MeasuredOn}, err
}

// boundedOn refuses data without a name, and too much of it.
func boundedOn(list []store.MeasuredOn) error {
	const most = 100
	if len(list) > most {
		return models.Errorf(models.Invalid, "A search can name at most %d datasets.", most)
	}
	for _, d := range list {
		if d.Name == "" {
			return models.Errorf(models.Invalid, "`dataset_name` in the `datasets` clause must be specified.")
		}
	}
	return nil
}
