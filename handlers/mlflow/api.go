// Package mlflow answers MLflow's REST calls, so that an unmodified training script
// logs to Throughline. What the Python clients 2.17 to 3.x depend on is kept exactly:
// paths, status 200 for every success, error codes, numbers, absent fields. Source:
// mlflow/protos (service.proto, model_registry.proto, mlflow_artifacts.proto) and
// what the clients of both versions were recorded to send.
//
// Who may call what is decided before a call comes here (handlers, rule OfSpace).
package mlflow

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"throughline/models"
	"throughline/models/store"
)

// API answers the calls. Its zero fields are filled by handlers.
type API struct {
	Store    *store.Store
	Now      func() time.Time
	CheckURL func(ctx context.Context, raw string) error // refuses addresses that webhooks must not call
	Send     Sender                                      // sends to webhooks; nil: nothing is sent
}

// Route is one call: its method and path in gin's spelling, the least role in the
// project, and the answer, which is marshalled as JSON with status 200.
type Route struct {
	Method, Path string
	Role         models.Role
	Registry     bool // it is about registered models, not about runs
	Upload       bool // its body is a file: large, and read as it comes
	Answer       func(*Call) (any, error)
}

// Written is the answer of a call that wrote its response itself.
var Written = new(struct{ _ int })

// empty is the answer of calls that answer nothing: {}.
type empty struct{}

// Call is one request in one project's space.
type Call struct {
	context.Context
	By      models.Principal
	Space   store.Space
	Request *http.Request
	Writer  http.ResponseWriter
	Param   func(name string) string // of the path
	body    []byte
}

// Routes are all calls. Those under /ajax-api and behind a project's prefix are the
// same ones: the path is rewritten before it is routed.
func (a *API) Routes() []Route {
	return slices.Concat(a.experimentRoutes(), a.runRoutes(), a.loggingRoutes(), a.historyRoutes(), a.searchRoutes(), a.artifactRoutes(),
		a.registryRoutes(), a.loggedModelRoutes())
}

const root = "/api/2.0/mlflow/"

func read(path string, answer func(*Call) (any, error)) Route {
	return Route{Method: http.MethodGet, Path: root + path, Role: models.Viewer, Answer: answer}
}

// ask is a search: it reads, and is posted.
func ask(path string, answer func(*Call) (any, error)) Route {
	return Route{Method: http.MethodPost, Path: root + path, Role: models.Viewer, Answer: answer}
}

func write(method, path string, answer func(*Call) (any, error)) Route {
	return Route{Method: method, Path: root + path, Role: models.Contributor, Answer: answer}
}

// Serve answers one call, or gives back why it could not.
func (r Route) Serve(c *Call) error {
	answer, err := r.Answer(c)
	if err != nil || answer == Written {
		return err
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	c.Writer.Header().Set("Content-Type", "application/json")
	_, err = c.Writer.Write(text)
	return err
}

// Fault is an error with a code of MLflow's that models.Code has no word for.
type Fault struct {
	Code    string
	Status  int
	Message string
}

// Error is the sentence.
func (f *Fault) Error() string { return f.Message }

var faults = map[models.Code]Fault{
	models.Invalid:      {Code: "INVALID_PARAMETER_VALUE", Status: http.StatusBadRequest},
	models.Unprocessed:  {Code: "INVALID_PARAMETER_VALUE", Status: http.StatusBadRequest},
	models.Unsupported:  {Code: "INVALID_PARAMETER_VALUE", Status: http.StatusBadRequest},
	models.TooLarge:     {Code: "INVALID_PARAMETER_VALUE", Status: http.StatusBadRequest},
	models.Unauthorised: {Code: "UNAUTHENTICATED", Status: http.StatusUnauthorized},
	models.Forbidden:    {Code: "PERMISSION_DENIED", Status: http.StatusForbidden},
	models.NotFound:     {Code: "RESOURCE_DOES_NOT_EXIST", Status: http.StatusNotFound},
	models.Conflict:     {Code: "RESOURCE_ALREADY_EXISTS", Status: http.StatusBadRequest},
	models.Busy:         {Code: "TEMPORARILY_UNAVAILABLE", Status: http.StatusServiceUnavailable},
}

// FaultOf says an error in MLflow's codes. Clients repeat a call for minutes on 5xx:
// whatever a repetition can not mend is a 4xx.
func FaultOf(err error) Fault {
	var own *Fault
	if errors.As(err, &own) {
		return *own
	}
	var ours *models.Error
	f, known := faults[models.CodeOf(err)]
	if !known || !errors.As(err, &ours) {
		return Fault{Code: "INTERNAL_ERROR", Status: http.StatusInternalServerError, Message: "Something went wrong on our side. It is in the log under this request's id."}
	}
	f.Message = ours.Message
	return f
}

// Write answers with the fault.
func (f Fault) Write(w http.ResponseWriter) {
	text, _ := json.Marshal(map[string]string{"error_code": f.Code, "message": f.Message})
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Status)
	_, _ = w.Write(text)
}

// NoEndpoint is the answer to calls that there are none of: clients tell it from
// things that do not exist.
var NoEndpoint = &Fault{Code: "ENDPOINT_NOT_FOUND", Status: http.StatusNotFound, Message: "There is no such endpoint here."}
