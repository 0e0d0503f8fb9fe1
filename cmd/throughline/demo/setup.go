package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// setUp makes the projects, their integrations and the tokens of their bots, then
// the people and teams.
func (t *Teller) setUp(ctx context.Context) error {
	for _, p := range teams {
		if err := t.setUpTeam(ctx, p); err != nil {
			return err
		}
	}
	if t.Book.Told == 0 {
		if err := t.hire(ctx); err != nil {
			return err
		}
	}
	return t.Book.Save()
}

func (t *Teller) setUpTeam(ctx context.Context, p *team) error {
	if t.Book.Bots[p.key] != "" {
		return nil
	}
	calls := []message{
		call(http.MethodPost, "/api/v1/projects", object{"key": p.key, "name": p.name}),
		integration(p, "github", object{"secret": t.Book.Secret}),
		integration(p, "cloudevents", object{}),
		integration(p, "modelcard", object{}),
		integration(p, "openlineage", object{}),
	}
	for _, m := range calls {
		m.also = []int{http.StatusConflict} // made before an earlier start broke off
		if err := t.send(ctx, m); err != nil {
			return err
		}
	}
	return t.makeBot(ctx, p)
}

func integration(p *team, source string, settings object) message {
	return call(http.MethodPost, "/api/v1/projects/"+p.key+"/integrations",
		object{"source": source, "name": p.hook, "settings": settings})
}

// makeBot asks for a token that may only post events to the project.
func (t *Teller) makeBot(ctx context.Context, p *team) error {
	raw, err := t.ask(ctx, call(http.MethodPost, "/api/v1/projects/"+p.key+"/tokens",
		object{"name": "ci-bot", "role": "contributor", "scopes": []string{"events:write"}}))
	if err != nil {
		return err
	}
	var made struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(raw, &made); err != nil || made.Token == "" {
		return fmt.Errorf("the new token of %s is not in the answer: %w", p.key, err)
	}
	t.Book.Bots[p.key] = made.Token
	return t.Book.Save()
}

// call is a message of somebody who is signed in.
func call(method, path string, body any) message {
	return message{method: method, path: path, body: body}
}
