package demo

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// people is what persons do in the story besides coding: they take on models and
// data, and plan tasks.
func people(start time.Time) *tale {
	t := newTale("people", start.Add(days(2)))
	for _, l := range learners {
		if l.owner.name != "" {
			t.owns(l.owner, "model", l.name)
		}
	}
	for _, d := range datasets {
		if d.owner.name != "" {
			t.owns(d.owner, "dataset", d.key())
		}
	}
	for _, task := range tasks {
		t.clock = start.Add(days(task.day))
		t.then(func(time.Time) message {
			return call(http.MethodPost, "/api/v1/projects/"+task.team.key+"/cards", object{"title": task.title, "column": "Backlog"})
		})
	}
	return t
}

// owns makes a person answer for something. It waits until the model is registered.
func (t *tale) owns(p person, kind, key string) {
	t.wait(time.Hour)
	if kind == "model" {
		t.clock = t.clock.Add(days(6))
	}
	t.then(func(time.Time) message {
		return call(http.MethodPut, fmt.Sprintf("/api/v1/subjects/%s/%s/owners", kind, url.PathEscape(key)),
			object{"owners": []object{{"person": p.email, "as": "owner"}}})
	})
}

// tasks are plain cards.
var tasks = []struct {
	day   float64
	team  *team
	title string
}{
	{4.0, fraud, "Agree with support what a held payment says to the customer"},
	{20.5, fraud, "Ask the partner banks for chargeback reasons"},
	{26.1, churn, "Find out who answers for the account history"},
	{33.0, fraud, "Decide the threshold for gift cards"},
}
