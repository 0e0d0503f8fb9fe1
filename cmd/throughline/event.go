package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"throughline/integrations/cloudevents"
)

// eventCommand posts one CloudEvent.
type eventCommand struct {
	Type   string   `arg:"" help:"What happened: run.started, run.metrics, run.finished, pipeline_run.started, pipeline_run.finished, model_version.registered, deployment, or a whole CloudEvents or CDEvents type."`
	Fields []string `arg:"" optional:"" placeholder:"NAME=TEXT" help:"Fields of the data: state=passed, metrics.auc:=0.93. NAME=TEXT is a text, NAME:=JSON anything else; a dot goes one level down."`
	remote
	Project string `setting:"" placeholder:"KEY" help:"The project it is for. A token of one project, an address of a hook or --to say it too."`
	To      string `placeholder:"NAME" help:"The integration of CloudEvents that takes it; without one, the project's first."`
	Data    string `placeholder:"JSON|@FILE|-" help:"The data as JSON, from a file, or from standard input; fields are put on top."`
	ID      string `name:"id" placeholder:"ID" help:"The event's name; a second event of the same name and source changes nothing. Made up otherwise."`
	Source  string `placeholder:"URI" help:"Who says so; the machine's name otherwise."`
	At      string `placeholder:"TIME" help:"When it happened, RFC 3339; now otherwise."`
	JSON    bool   `name:"json" help:"Print the hub's answer as it is."`
}

// Help shows how it is used.
func (c eventCommand) Help() string {
	return c.credential() + " The event is sent again until the hub has it, and counts once.\n\n" +
		"\tthroughline event run.finished run_id=nightly-17 experiment=fraud \\\n\t  state=passed metrics.auc:=0.93\n" +
		"\tthroughline event pipeline_run.finished id=$BUILD_ID pipeline=train \\\n\t  state=failed error='no rows of today' \\\n\t  commit.repository=github.com/acme/fraud commit.sha=$SHA\n" +
		"\tthroughline event deployment id=d-12 environment=production \\\n\t  model=fraud version=3 state=live\n\n" +
		"Exit code 0: the hub has it and understood it. 1: it could not be reached, refused it or set it aside. 2: wrong command line or settings."
}

// Run sends the event and says what became of it.
func (c eventCommand) Run(a *app) error {
	hub, err := c.caller(a)
	if err != nil {
		return err
	}
	event, err := c.event(time.Now())
	if err != nil {
		return refusal{err}
	}
	address, err := c.door(hub)
	if err != nil {
		return err
	}
	answer, err := hub.call(http.MethodPost, address, "application/cloudevents+json", event)
	if err != nil {
		return err
	}
	return c.tell(a, answer.Body)
}

// event is what is posted: a CloudEvent in structured form.
func (c eventCommand) event(now time.Time) ([]byte, error) {
	if c.At != "" {
		at, err := time.Parse(time.RFC3339, c.At)
		if err != nil {
			return nil, fmt.Errorf("--at: %q is not a time such as 2026-11-03T10:00:00Z", c.At)
		}
		now = at
	}
	data, err := c.data()
	if err != nil {
		return nil, err
	}
	if c.ID == "" {
		c.ID = rand.Text()
	}
	if c.Source == "" {
		host, _ := os.Hostname()
		c.Source = "/shell/" + host
	}
	whole, err := wholeType(c.Type)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"specversion": "1.0", "type": whole, "id": c.ID, "source": c.Source,
		"time": now.UTC().Format(time.RFC3339Nano), "datacontenttype": "application/json", "data": data})
}

// wholeType is one of Throughline's own types by its short name, or any other, which
// has a domain in front, as it is.
func wholeType(name string) (string, error) {
	if whole, ok := cloudevents.WholeType(name); ok {
		return whole, nil
	}
	if strings.Count(name, ".") < 2 {
		return "", fmt.Errorf("there is no event %q; there are %s", name, listed(cloudevents.OwnTypes()))
	}
	return name, nil
}

// door is where the event is posted.
func (c eventCommand) door(hub *caller) (string, error) {
	switch {
	case c.To != "":
		return hub.below("hooks", "cloudevents", c.To), nil
	case strings.Contains(hub.root.Path, "/hooks/"):
		return hub.root.String(), nil
	case c.Project != "":
		return hub.below("api", "v1", "projects", c.Project, "events"), nil
	}
	key, err := hub.onlyProject()
	return hub.below("api", "v1", "projects", key, "events"), err
}

// onlyProject is the one that the token belongs to.
func (c *caller) onlyProject() (string, error) {
	answer, err := c.call(http.MethodGet, c.below("api", "v1", "me"), "", nil)
	if err != nil {
		return "", err
	}
	var me struct{ Projects []struct{ Key string } }
	if err := json.Unmarshal(answer.Body, &me); err != nil {
		return "", fmt.Errorf("%s is no hub: %w", c.root.Host, err)
	}
	if len(me.Projects) != 1 {
		return "", refusal{fmt.Errorf("the token is not of one project: name it with --project or %s", variable("project"))}
	}
	return me.Projects[0].Key, nil
}

// tell says what became of the event; one that was set aside is a failure.
func (c eventCommand) tell(a *app, body []byte) error {
	var answer struct {
		Deliveries []struct {
			ID, State, Error string
			Duplicate        bool
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil || len(answer.Deliveries) == 0 {
		return fmt.Errorf("the hub's answer is none of a hub: %.200q", body)
	}
	done := answer.Deliveries[0]
	switch {
	case c.JSON:
		fmt.Fprintln(a.stdout, strings.TrimSpace(string(body)))
	case done.Duplicate:
		fmt.Fprintf(a.stdout, "%s was known: nothing changed.\n", inert(done.ID))
	default:
		fmt.Fprintf(a.stdout, "%s: %s\n", inert(done.ID), inert(done.State))
	}
	switch done.State {
	case "parked":
		return fmt.Errorf("the hub has the event and could not use it: %s", done.Error)
	case "ignored":
		fmt.Fprintf(a.stderr, "The hub keeps the event and does nothing with it: it knows no events of the type %s.\n", inert(c.Type))
	}
	return nil
}
