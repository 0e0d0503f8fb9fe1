package demo

import (
	"time"

	"throughline/models"
)

// Health is what the polls of a team's GitHub integration would have told: an
// import that ended when the story begins to be told, and how each repository
// fares. It is not posted: no GitHub stands behind the demo that could be asked.
func (t *Teller) Health(hook string) models.Batch {
	now := t.Now().UTC()
	ended := now.Add(-36 * time.Minute)
	for _, p := range teams {
		if p.hook == hook {
			pulls := p.pulls()
			return models.Batch{Progress: &models.Progress{StartedAt: ended.Add(-2 * time.Minute), EndedAt: ended, Requests: 6*pulls + 31, Unchanged: pulls, Busy: 98 * time.Second,
				Stages: []models.Stage{{Name: "Repositories", Done: 3, Total: 3}, {Name: "Pull requests", Done: pulls, Total: pulls}, {Name: "Workflow runs", Done: 2*pulls + 7, Total: 2*pulls + 7}, {Name: "Deployments", Done: 4, Total: 4}}},
				Repositories: p.health(now)}
		}
	}
	return models.Batch{}
}

// pulls is how many pull requests the story tells of a team.
func (p *team) pulls() (n int) {
	for _, one := range plots {
		if one.team == p {
			n++
		}
	}
	return n
}

// health is of the team's own repository, and of two that it shares.
func (p *team) health(now time.Time) []models.RepositorySync {
	of := func(name string, state models.SyncState, hook, words string, ago time.Duration) models.RepositorySync {
		return models.RepositorySync{Repository: models.RepositoryKey(company + "/" + name), State: state, Hook: hook, Error: words, SyncedAt: now.Add(-ago)}
	}
	return []models.RepositorySync{of(p.repo, models.SyncOK, "ok", "", 2*time.Minute),
		of(p.repo+"-features", models.SyncFailing, "missing", "GitHub answers 403: the token may not read this repository. Give it Contents and Pull requests, read-only, or leave the repository out of the patterns.", 26*time.Hour),
		of(p.repo+"-dashboards", models.SyncOK, "missing", "", 3*time.Minute)}
}

// Hooks are the names of the integrations of the teams.
func Hooks() (out []string) {
	for _, p := range teams {
		out = append(out, p.hook)
	}
	return out
}
