package mlflow

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"math/big"
	"net/http"
	"slices"
	"strconv"

	"throughline/models"
	"throughline/models/store"
)

func (a *API) runRoutes() []Route {
	return []Route{
		write(http.MethodPost, "runs/create", a.createRun),
		write(http.MethodPost, "runs/update", a.updateRun),
		write(http.MethodPost, "runs/delete", a.turnRun(models.LifecycleDeleted)),
		write(http.MethodPost, "runs/restore", a.turnRun(models.LifecycleActive)),
		read("runs/get", a.getRun),
	}
}

// runID is how calls name a run: twice, of which either will do.
type runID struct {
	ID   string `json:"run_id"`
	UUID string `json:"run_uuid"`
}

func (r runID) key() string { return cmp.Or(r.ID, r.UUID) }

// named is a missing run's name.
func (r runID) named() error {
	if r.key() == "" {
		return missing("run_id")
	}
	return nil
}

// readRun reads a call that names a run.
func (c *Call) readRun(into any, run *runID) error {
	if err := c.Read(into); err != nil {
		return err
	}
	return run.named()
}

type runAnswer struct {
	Run runWire `json:"run"`
}

func (a *API) createRun(c *Call) (any, error) {
	var in struct {
		Experiment string        `json:"experiment_id"`
		Name       string        `json:"run_name"`
		User       string        `json:"user_id"`
		Started    integer       `json:"start_time"`
		Tags       []models.Pair `json:"tags"`
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	tags, err := validTags(in.Tags, "tags[#].key")
	if err != nil {
		return nil, err
	}
	n := store.NewRun{Experiment: in.Experiment, User: cut(in.User, maxKey), Started: int64(in.Started), Key: newKey(), Call: c.mark()}
	n.Name, n.Tags, err = runName(in.Name, tags)
	if err != nil {
		return nil, err
	}
	if n.Started == 0 {
		n.Started = a.Now().UnixMilli()
	}
	r, err := a.Store.CreateRun(c, c.By, c.Space, n)
	return runAnswer{wireRun(r)}, err
}

// newKey is a run's id: 32 hexadecimal digits.
func newKey() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw)
	return hex.EncodeToString(raw)
}

const nameTag = "mlflow.runName"

// runName is the name of a new run and its tags with the one that says so. The field
// and the tag must agree; without either the run gets a name made up.
func runName(name string, tags []models.Pair) (string, []models.Pair, error) {
	at := slices.IndexFunc(tags, func(t models.Pair) bool { return t.Key == nameTag })
	switch {
	case at >= 0 && name != "" && tags[at].Value != name:
		return "", nil, models.Errorf(models.Invalid, "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='%s', mlflow.runName='%s').", short(name), short(tags[at].Value))
	case at >= 0:
		return tags[at].Value, tags, nil
	}
	name = cmp.Or(name, madeUpName())
	return name, append(tags, models.Pair{Key: nameTag, Value: name}), nil
}

// madeUpName is a name for a run that nobody named: brave-otter-482.
func madeUpName() string {
	return pick(manners) + "-" + pick(animals) + "-" + strconv.FormatInt(below(1000), 10)
}

func pick(words []string) string { return words[below(int64(len(words)))] }

func below(n int64) int64 {
	v, err := rand.Int(rand.Reader, big.NewInt(n))
	if err != nil {
		return 0
	}
	return v.Int64()
}

var (
	manners = []string{"able", "amused", "awake", "bold", "brave", "bright", "calm", "capable", "clever", "curious", "eager", "fair", "fond", "gentle", "glad", "grand",
		"happy", "honest", "keen", "kind", "lively", "loyal", "lucid", "mellow", "merry", "modest", "nimble", "open", "patient", "polite", "proud", "quick", "quiet",
		"ready", "sincere", "smart", "spry", "steady", "sunny", "swift", "tidy", "upbeat", "vivid", "warm", "wise", "witty", "worthy", "zesty"}
	animals = []string{"ant", "auk", "badger", "bat", "bear", "bee", "bison", "boar", "carp", "cat", "colt", "crab", "crane", "crow", "deer", "dove", "duck", "eel", "elk",
		"finch", "fox", "frog", "goat", "goose", "hare", "hawk", "heron", "horse", "ibis", "jay", "koala", "lark", "lion", "loon", "lynx", "mole", "moose", "moth", "newt",
		"otter", "owl", "panda", "perch", "quail", "ram", "robin", "seal", "shrew", "snail", "stork", "swan", "tern", "toad", "trout", "vole", "whale", "wolf", "wren", "yak"}
)

func (a *API) getRun(c *Call) (any, error) {
	var in runID
	if err := c.readRun(&in, &in); err != nil {
		return nil, err
	}
	r, err := a.Store.TrackedRun(c, c.Space, in.key())
	return runAnswer{wireRun(r)}, err
}

func (a *API) updateRun(c *Call) (any, error) {
	var in struct {
		runID
		Status *string  `json:"status"`
		Ended  *integer `json:"end_time"`
		Name   *string  `json:"run_name"`
	}
	if err := c.readRun(&in, &in.runID); err != nil {
		return nil, err
	}
	change := store.RunUpdate{Status: in.Status}
	if in.Name != nil && *in.Name != "" {
		change.Name = in.Name
	}
	if in.Ended != nil {
		ended := int64(*in.Ended)
		change.Ended = &ended
	}
	if in.Status != nil && !slices.Contains(models.RunStatuses, *in.Status) {
		return nil, models.Errorf(models.Invalid, "Invalid value %q for parameter 'status' supplied: it is one of RUNNING, SCHEDULED, FINISHED, FAILED, KILLED.", short(*in.Status))
	}
	r, err := a.Store.UpdateRun(c, c.By, c.Space, in.key(), change)
	return struct {
		Info runInfo `json:"run_info"`
	}{wireInfo(r)}, err
}

func (a *API) turnRun(lifecycle string) func(c *Call) (any, error) {
	return func(c *Call) (any, error) {
		var in runID
		if err := c.readRun(&in, &in); err != nil {
			return nil, err
		}
		_, err := a.Store.UpdateRun(c, c.By, c.Space, in.key(), store.RunUpdate{Lifecycle: &lifecycle})
		return empty{}, err
	}
}
