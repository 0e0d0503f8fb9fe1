package github

import (
	"encoding/json"
	"strings"

	"throughline/models"
)

// head reads the checks of a pull request's head, and watches it while the pull
// request is open or a check has yet to end: GitHub does not say that a pull
// request changed when only its checks did.
func (v *visit) head(repo *mark, number string, head headMark) error {
	if old, watched := repo.Heads[number]; watched && old.SHA != head.SHA {
		v.unwatch(repo, number)
	}
	if head.SHA == "" {
		return nil
	}
	watch(&repo.Heads, number, head)
	err := v.checks(repo, task{Kind: "checks", Arg: number})
	if forbidden(err) && !everything(err) {
		repo.note(lackChecks)
		err = nil
	}
	if len(repo.Heads) > watchedMost {
		v.unwatch(repo, number)
	}
	return err
}

// checks asks for the check runs and the statuses of a pull request's head, if
// they changed.
func (v *visit) checks(repo *mark, t task) error {
	head, watched := repo.Heads[t.Arg]
	if !watched {
		return nil
	}
	at := "repos/" + repo.Name + "/commits/" + head.SHA
	running, err := v.checkRuns(repo, at)
	if err == nil {
		err = v.statuses(repo, at, head.SHA)
	}
	if absent(err) || err == nil && head.Closed && !running {
		v.unwatch(repo, t.Arg)
		return nil
	}
	return err
}

func (v *visit) unwatch(repo *mark, number string) {
	v.forget("repos/" + repo.Name + "/commits/" + repo.Heads[number].SHA + "/")
	delete(repo.Heads, number)
}

// checkRuns reads the latest run of each check, and tells whether one has yet to end.
func (v *visit) checkRuns(repo *mark, at string) (running bool, err error) {
	address := at + "/check-runs?per_page=100&page=1"
	a, err := v.getNew(address)
	for err == nil && !a.unchanged {
		var items []json.RawMessage
		if items, err = itemsOf(a, "check_runs"); err != nil {
			return false, err
		}
		for _, item := range items {
			v.found = append(v.found, v.hear(repo, "check_run", map[string]any{"action": "completed", "check_run": item})...)
			running = running || !ended(item)
		}
		v.keep(firstOnly(a, address))
		if a.next == 0 {
			return running, nil
		}
		a, err = v.get(pageOf(at+"/check-runs?per_page=100", a.next))
	}
	return true, err // of an unchanged one nothing new is known
}

// ended tells whether a check run has come to its end.
func ended(raw json.RawMessage) bool {
	var run struct {
		Status string `json:"status"`
	}
	return json.Unmarshal(raw, &run) == nil && run.Status == "completed"
}

// firstOnly is an answer's tag when it is that of the address.
func firstOnly(a answer, address string) answer {
	if a.address != address {
		a.tag = ""
	}
	return a
}

// statuses reads the newest status of each context.
func (v *visit) statuses(repo *mark, at, sha string) error {
	a, err := v.getNew(at + "/status?per_page=100")
	for err == nil && !a.unchanged {
		var items []map[string]json.RawMessage
		if items, err = statusItems(a); err != nil {
			return err
		}
		quoted, _ := json.Marshal(strings.ToLower(sha))
		for _, item := range items {
			item["sha"] = quoted
			v.found = append(v.found, v.hear(repo, "status", anyMap(item))...)
		}
		v.keep(firstOnly(a, at+"/status?per_page=100"))
		if a.next == 0 {
			return nil
		}
		a, err = v.get(pageOf(at+"/status?per_page=100", a.next))
	}
	if absent(err) {
		return nil
	}
	return err
}

func statusItems(a answer) ([]map[string]json.RawMessage, error) {
	list, err := parse[struct {
		Statuses []map[string]json.RawMessage `json:"statuses"`
	}](a)
	return list.Statuses, err
}

func anyMap(in map[string]json.RawMessage) map[string]any {
	out := make(map[string]any, len(in))
	for name, value := range in {
		out[name] = value
	}
	return out
}

// workEnded tells whether a run with this status and conclusion has come to its end.
func workEnded(status, conclusion string) bool {
	state, _ := workState(status, conclusion)
	return state.Terminal() || state == models.Unknown
}
