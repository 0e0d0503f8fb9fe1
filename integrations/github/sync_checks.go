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

// checkRuns reads the latest run of each check, and tells whether one may have
// yet to end: of unchanged ones nothing new is known.
func (v *visit) checkRuns(repo *mark, at string) (running bool, err error) {
	changed, err := v.pagesNew(at+"/check-runs", "check_runs", func(run json.RawMessage) {
		v.found = append(v.found, v.hear(repo, "check_run", map[string]any{"action": "completed", "check_run": run})...)
		running = running || !ended(run)
	})
	return running || !changed, err
}

// ended tells whether a check run has come to its end.
func ended(raw json.RawMessage) bool {
	var run struct {
		Status string `json:"status"`
	}
	return json.Unmarshal(raw, &run) == nil && run.Status == "completed"
}

// statuses reads the newest status of each context.
func (v *visit) statuses(repo *mark, at, sha string) error {
	_, err := v.pagesNew(at+"/status", "statuses", func(raw json.RawMessage) {
		status := map[string]any{}
		if json.Unmarshal(raw, &status) == nil {
			status["sha"] = strings.ToLower(sha)
			v.found = append(v.found, v.hear(repo, "status", status)...)
		}
	})
	if absent(err) {
		return nil
	}
	return err
}

// workEnded tells whether a run with this status and conclusion has come to its end.
func workEnded(status, conclusion string) bool {
	state, _ := workState(status, conclusion)
	return state.Terminal() || state == models.Unknown
}
