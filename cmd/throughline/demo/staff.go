package demo

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
)

// post is a person's place in a project.
type post struct {
	who      person
	in       *team
	role     string
	function string
}

var posts = []post{
	{dana, fraud, "contributor", "data_scientist"}, {lee, fraud, "maintainer", "ml_engineer"}, {kim, fraud, "contributor", "backend_engineer"},
	{ben, fraud, "contributor", "backend_engineer"}, {aiko, churn, "maintainer", "data_scientist"}, {sofia, churn, "contributor", "ml_engineer"},
}

// crew is a team as Throughline has them: it can own things in several projects.
type crew struct {
	key, name string
	lead      person
	others    []person
	function  string
	in        []*team
}

var crews = []crew{
	{"payments-data", "Payments data", ravi, []person{dana}, "data_owner", []*team{fraud, churn}},
	{"risk-models", "Risk models", lee, []person{dana, kim}, "ml_engineer", []*team{fraud}},
}

// owner is the crew where a person would stand as an owner.
func (c crew) owner() person { return person{name: c.name, email: "team:" + c.key} }

// hire makes the company's accounts and teams. Nobody knows the passwords: the
// demo's own login sees it all. What is there already stays.
func (t *Teller) hire(ctx context.Context) error {
	ids, err := t.accounts(ctx)
	if err != nil {
		return err
	}
	var calls []message
	for _, p := range posts {
		calls = append(calls, call(http.MethodPut, fmt.Sprintf("/api/v1/projects/%s/members/%d", p.in.key, ids[p.who.email]),
			object{"role": p.role, "function": p.function}))
	}
	for _, c := range crews {
		calls = append(calls, c.found(ids)...)
	}
	for _, m := range calls {
		if err := t.send(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func (c crew) found(ids map[string]int64) []message {
	made := call(http.MethodPost, "/api/v1/teams", object{"key": c.key, "name": c.name})
	made.also = []int{http.StatusConflict} // made before an earlier start broke off
	calls := []message{made}
	for n, p := range append([]person{c.lead}, c.others...) {
		calls = append(calls, call(http.MethodPut, fmt.Sprintf("/api/v1/teams/%s/members/%d", c.key, ids[p.email]),
			object{"lead": n == 0, "function": c.function}))
	}
	for _, in := range c.in {
		calls = append(calls, call(http.MethodPut, "/api/v1/projects/"+in.key+"/teams/"+c.key, object{"role": "contributor", "function": c.function}))
	}
	return calls
}

// accounts makes those that are missing and returns everybody's id by address.
func (t *Teller) accounts(ctx context.Context) (map[string]int64, error) {
	for _, p := range staff {
		m := call(http.MethodPost, "/api/v1/people", object{"email": p.email, "name": p.name, "password": rand.Text()})
		m.also = []int{http.StatusConflict}
		if err := t.send(ctx, m); err != nil {
			return nil, err
		}
	}
	raw, err := t.ask(ctx, call(http.MethodGet, "/api/v1/people?limit=200", nil))
	if err != nil {
		return nil, err
	}
	var list struct {
		People []struct {
			ID    int64  `json:"id"`
			Email string `json:"email"`
		} `json:"people"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("read the people: %w", err)
	}
	ids := map[string]int64{}
	for _, p := range list.People {
		ids[p.Email] = p.ID
	}
	return ids, nil
}
