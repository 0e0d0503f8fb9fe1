package github

import (
	"encoding/json"
	"strconv"
	"time"
)

// listedDeployment is what a list's item has to say of when it is read.
type listedDeployment struct {
	ID        int64     `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// deployments reads a page of deployments, the newest first.
func (v *visit) deployments(repo *mark, t task) error {
	a, err := v.page(t, pageOf("repos/"+repo.Name+"/deployments", t.Page))
	if err != nil || a.unchanged {
		return err
	}
	items, err := parse[[]json.RawMessage](a)
	if err != nil {
		return err
	}
	fresh, further := v.freshDeployments(repo, items)
	if further && a.next > 0 {
		repo.Tasks = append(repo.Tasks, task{Kind: "deployments", Page: a.next})
	}
	v.expect(repo, stageDeployments, t.Page, a, len(items), len(fresh))
	repo.Tasks = append(repo.Tasks, reversed(fresh)...)
	if t.Page == 1 {
		v.keep(a)
	}
	return nil
}

func (v *visit) freshDeployments(repo *mark, items []json.RawMessage) (tasks []task, further bool) {
	for _, item := range items {
		var d listedDeployment
		if json.Unmarshal(item, &d) != nil || d.ID <= 0 {
			continue
		}
		if d.CreatedAt.Before(v.since()) {
			return tasks, false
		}
		repo.LiveTop = later(repo.LiveTop, d.UpdatedAt)
		if !d.UpdatedAt.Before(repo.LiveAt) {
			slim := slimDeployment(item)
			v.found = append(v.found, v.hear(repo, "deployment", map[string]any{"action": "created", "deployment": slim})...)
			tasks = append(tasks, task{Kind: "deployment statuses", Arg: strconv.FormatInt(d.ID, 10), With: slim})
		}
		further = !d.CreatedAt.Before(repo.LiveAt.Add(-overlap))
	}
	return tasks, further
}

// slimDeployment keeps of a deployment what its statuses are told with.
func slimDeployment(raw json.RawMessage) json.RawMessage {
	var all, slim map[string]json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return raw
	}
	slim = map[string]json.RawMessage{}
	for _, name := range []string{"id", "sha", "ref", "task", "environment", "payload", "description", "created_at", "updated_at"} {
		if value, ok := all[name]; ok && len(value) < 4<<10 {
			slim[name] = value
		}
	}
	var creator struct {
		Login string `json:"login"`
	}
	if json.Unmarshal(all["creator"], &creator) == nil && creator.Login != "" {
		slim["creator"], _ = json.Marshal(creator)
	}
	out, err := json.Marshal(slim)
	if err != nil {
		return raw
	}
	return out
}

const liveMost = 100 // deployments of a repository that are asked for in every round

// deploymentStatuses reads what became of a deployment, and watches it while it
// is live or may become so.
func (v *visit) deploymentStatuses(repo *mark, t task) error {
	address := "repos/" + repo.Name + "/deployments/" + t.Arg + "/statuses"
	var newest json.RawMessage // the first
	changed, err := v.pagesNew(address, "", func(status json.RawMessage) {
		if newest == nil {
			newest = status
		}
		v.found = append(v.found, v.hear(repo, "deployment_status", map[string]any{"action": "created", "deployment_status": status, "deployment": t.With})...)
	})
	if absent(err) {
		v.unwatchDeployment(repo, t.Arg, address)
		return nil
	}
	if err != nil || !changed {
		return err
	}
	v.did(repo, stageDeployments)
	if _, watched := repo.Live[t.Arg]; over(newest) || !watched && len(repo.Live) >= liveMost {
		v.unwatchDeployment(repo, t.Arg, address)
		return nil
	}
	watch(&repo.Live, t.Arg, t.With)
	return nil
}

func (v *visit) unwatchDeployment(repo *mark, id, address string) {
	delete(repo.Live, id)
	v.forget(address)
}

// over tells whether a deployment's newest status is one that nothing follows.
func over(newest json.RawMessage) bool {
	var status struct {
		State string `json:"state"`
	}
	if json.Unmarshal(newest, &status) != nil {
		return false
	}
	switch status.State {
	case "inactive", "failure", "error":
		return true
	}
	return false
}
