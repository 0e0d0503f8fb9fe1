package github

import (
	"maps"
	"slices"
	"strings"
	"time"

	"throughline/models"
)

// The stages of the import, in the order in which pages show them.
const (
	stageRepositories = iota
	stagePulls
	stageRuns
	stageDeployments
)

func stages() []models.Stage {
	return []models.Stage{{Name: "Repositories"}, {Name: "Pull requests"}, {Name: "Workflow runs"}, {Name: "Deployments"}}
}

// beginRound plans to look for the repositories first.
func (v *visit) beginRound() {
	v.Seen, v.Blind = nil, false
	if chosen := strings.Join(patterns(v.account), " "); chosen != v.Chosen { // lists hold others now
		v.Chosen, v.Pages = chosen, nil
		maps.DeleteFunc(v.Tags, func(address, _ string) bool { return !strings.HasPrefix(address, "repos/") })
	}
	for _, pattern := range patterns(v.account) {
		if t := where(v.account, pattern); !slices.ContainsFunc(v.Finds, t.same) {
			v.Finds = append(v.Finds, t)
		}
	}
	if len(v.Finds) == 0 {
		v.Finds = []task{where(v.account, "*")}
	}
	v.Finds = append(v.hookTasks(), v.Finds...)
	if !v.Progress.Begun() {
		v.Progress = models.Progress{Stages: stages(), StartedAt: time.Now().UTC()}
	}
}

// plan orders the repositories that were found and gives each its tasks. What an
// earlier round left undone is done first.
func (v *visit) plan() {
	slices.Sort(v.Seen)
	v.Order = slices.Compact(v.Seen)
	v.Seen = nil
	for name, repo := range v.Repos {
		if !slices.Contains(v.Order, name) && !v.Blind {
			v.leave(name, repo)
		}
	}
	for _, name := range v.Order {
		repo := v.Repos[name]
		if len(repo.Tasks) == 0 {
			repo.Tasks = repo.seeds()
		}
		if repo.State == "" {
			repo.State = models.SyncWaiting
			v.tell(repo)
		}
	}
	if v.Progress.Running() {
		v.stage(stageRepositories, 0, len(v.Order)-v.Progress.Stages[stageRepositories].Total)
	}
}

// leave forgets a repository that is deleted or no longer chosen; what it told stays.
func (v *visit) leave(name string, repo *mark) {
	repo.State, repo.Error, repo.Notes = models.SyncGone, "", nil
	v.tell(repo)
	v.forget("repos/" + repo.Name + "/")
	delete(v.Repos, name)
}

// seeds are the tasks of a round, the last one first.
func (r *mark) seeds() []task {
	r.Notes = nil
	out := []task{{Kind: "hooks"}, {Kind: "owners"}}
	for _, id := range slices.Sorted(maps.Keys(r.Live)) {
		out = append(out, task{Kind: "deployment statuses", Arg: id, With: r.Live[id]})
	}
	out = append(out, task{Kind: "deployments", Page: 1}, task{Kind: "running"}, task{Kind: "runs", Page: 1})
	for _, number := range slices.Sorted(maps.Keys(r.Heads)) {
		out = append(out, task{Kind: "checks", Arg: number})
	}
	return append(out, task{Kind: "pulls", Page: 1})
}

// done ends a repository's turn in the round.
func (v *visit) done(repo *mark) {
	if !repo.Imported {
		v.stage(stageRepositories, 1, 0)
	}
	repo.PullsAt, repo.RunsAt, repo.LiveAt = later(repo.PullsAt, repo.PullsTop), later(repo.RunsAt, repo.RunsTop), later(repo.LiveAt, repo.LiveTop)
	repo.Imported, repo.State, repo.Error, repo.SyncedAt = true, models.SyncOK, "", time.Now().UTC()
	v.tell(repo)
	v.moved = true
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// endRound ends the import, once every repository has had its turn, and says so
// when none of them can be read.
func (v *visit) endRound() {
	failing := 0
	for _, r := range v.Repos {
		if r.State == models.SyncFailing {
			failing++
			v.problem = r.Name + ": " + r.Error
		}
	}
	if failing < len(v.Repos) {
		v.problem = ""
	}
	if v.Progress.Running() && failing < max(1, len(v.Repos)) {
		v.Progress.EndedAt = time.Now().UTC()
	}
}

// did counts a thing of a repository's first import as done.
func (v *visit) did(repo *mark, stage int) {
	if !repo.Imported {
		v.stage(stage, 1, 0)
	}
}

// stage counts work of the import done, and work met.
func (v *visit) stage(n, done, total int) {
	if v.Progress.Running() && n < len(v.Progress.Stages) {
		v.Progress.Stages[n].Done += done
		v.Progress.Stages[n].Total += total
	}
}
