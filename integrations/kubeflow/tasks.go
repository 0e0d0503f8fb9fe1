package kubeflow

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

const maxTasks = 500

// hidden tells whether a task is machinery of Kubeflow: the pod that prepares
// another, or the inner half of one.
func (t task) hidden() bool {
	return strings.HasSuffix(t.Name, "-driver") || strings.HasSuffix(t.Name, "executor") || t.Name == "root" || t.Name == ""
}

// tasks puts the tasks of a run among its facts as steps, in the order they began,
// each after those that it depends on.
func (r run) tasks(d *models.Description) {
	list := slices.Clone(r.RawTasks.Tasks[:min(len(r.RawTasks.Tasks), maxTasks)])
	slices.SortStableFunc(list, func(x, y task) int { return began(x).Compare(began(y)) })
	above := before(list)
	names := map[string]string{} // of those shown, by id
	taken := map[string]bool{}
	for _, t := range list {
		if t.hidden() || t.top(above, len(list)) || t.ID == "" {
			continue
		}
		name := integrations.Line(t.Name, maxName)
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s (%d)", integrations.Line(t.Name, maxName), n)
		}
		taken[name], names[t.ID] = true, name
	}
	for i, t := range list {
		if name := names[t.ID]; name != "" {
			step := t.step(i + 1)
			step.After = after(t.ID, above, names)
			d.Facts[models.StepFact+name] = step
			if d.State == models.Failed && d.Facts[models.FactError] == nil && step.State == models.Failed && step.Error != "" {
				d.Facts[models.FactError] = integrations.Line(name+": "+step.Error, maxText)
			}
		}
	}
	if len(names) > 0 {
		d.Whole = []string{models.StepFact}
	}
	if d.State == models.Failed && d.Facts[models.FactError] == nil {
		integrations.Told(d.Facts, models.FactError, integrations.Line(r.Error.Message, maxText))
	}
}

func began(t task) time.Time {
	if at := integrations.Moment(t.Started); !at.IsZero() {
		return at
	}
	return integrations.Moment(t.Created)
}

// top tells whether a task is the whole run: nothing comes before it, and it has
// no pod of its own.
func (t task) top(above map[string][]string, all int) bool {
	return all > 1 && len(above[t.ID]) == 0 && len(t.Children) > 0 && t.Pod == ""
}

func (t task) step(order int) models.Step {
	s := models.Step{State: state(t.State), Raw: integrations.Line(t.State, 60), Order: int64(order),
		Started: models.StepTime(began(t)), Cached: t.State == "SKIPPED", Error: integrations.Line(t.Error.Message, maxText)}
	if s.State.Terminal() {
		s.Ended = models.StepTime(integrations.Moment(t.Ended))
	}
	if n := len(t.Executor.Failed); n > 0 {
		s.Attempt = n + 1
	}
	return s
}

// before are the tasks that lead to each, by id: those that name it as a child, by
// its id or its pod, else the component that it is part of.
func before(list []task) map[string][]string {
	ids, out := map[string]string{}, map[string][]string{}
	for _, t := range list {
		ids[t.ID] = t.ID
		if t.Pod != "" {
			ids[t.Pod] = t.ID
		}
	}
	for _, t := range list {
		for _, child := range t.Children {
			for _, name := range []string{child.Task, child.Pod} {
				if id := ids[name]; name != "" && id != "" && id != t.ID && !slices.Contains(out[id], t.ID) {
					out[id] = append(out[id], t.ID)
				}
			}
		}
	}
	for _, t := range list {
		if id := ids[t.Parent]; len(out[t.ID]) == 0 && t.Parent != "" && id != "" && id != t.ID {
			out[t.ID] = []string{id}
		}
	}
	return out
}

// after are the names of the shown tasks that a task waits for, past those that
// are not shown.
func after(id string, above map[string][]string, names map[string]string) (out []string) {
	seen, todo := map[string]bool{id: true}, slices.Clone(above[id])
	for len(todo) > 0 {
		next := todo[0]
		todo = todo[1:]
		if seen[next] {
			continue
		}
		seen[next] = true
		if name := names[next]; name != "" {
			out = append(out, name)
			continue
		}
		todo = append(todo, above[next]...)
	}
	slices.Sort(out)
	return out
}
