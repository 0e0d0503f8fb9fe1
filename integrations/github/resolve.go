package github

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"throughline/integrations"
	"throughline/models"
)

// Resolve asks GitHub for the whole sha of what is wanted, and for the pull
// requests that it came by: the one question that squash merges, rebases, merge
// queues and plain pushes all answer.
// https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit
func (p *Polled) Resolve(ctx context.Context, account integrations.Account, wants []models.Want) (models.Batch, []models.Answer, error) {
	v, err := p.visit(ctx, account, "")
	if err != nil {
		return models.Batch{}, nil, err
	}
	var answers []models.Answer
	var failed error
	for _, want := range wants {
		answer, err := v.resolve(want)
		if err != nil {
			failed = trouble(want.SHA, err)
		} else {
			answers = append(answers, answer)
		}
		if err != nil && everything(err) {
			break // else one that GitHub stumbles over does not hold up the others
		}
	}
	return models.Batch{Descriptions: v.found}, answers, failed
}

// resolve looks for a commit in the repositories that it may be of. In several it
// is nobody's: forks share shas, and a hint says not which is meant.
func (v *visit) resolve(want models.Want) (models.Answer, error) {
	out := models.Answer{Want: want}
	var home *mark
	for _, repository := range want.Repository {
		repo := &mark{Name: strings.TrimPrefix(repository, host(v.account)+"/")}
		sha, err := v.whole(repo, want.SHA)
		if err != nil {
			return out, err
		}
		if sha == "" {
			continue
		}
		if home != nil {
			return models.Answer{Want: want}, nil
		}
		home, out.Commit = repo, models.Ref{Kind: models.Commit, Key: models.CommitKey(repository, sha)}
	}
	if home == nil {
		return out, nil
	}
	return out, v.cameBy(home, out)
}

// whole is the whole sha of a commit, a branch or a tag; empty where the
// repository has none such. The commit is described on the way.
func (v *visit) whole(repo *mark, sha string) (string, error) {
	a, err := v.get("repos/" + repo.Name + "/commits/" + url.PathEscape(sha))
	if forbidden(err) && !everything(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	c, err := parse[restCommit](a)
	if err != nil {
		return "", err
	}
	v.named(repo)
	v.found = append(v.found, v.hear(repo, "push", map[string]any{"commits": []any{c.pushed()}})...)
	return c.SHA, nil
}

// named gives a repository the form that webhooks hold, as far as it is known.
func (v *visit) named(repo *mark) {
	repo.Repo, _ = json.Marshal(map[string]string{"full_name": repo.Name, "html_url": webBase(v.account).JoinPath(repo.Name).String()})
}

// cameBy describes the pull requests that a commit came by. They contain it also
// under the name that it was wanted by.
func (v *visit) cameBy(repo *mark, answer models.Answer) error {
	_, sha, _ := models.SplitCommit(answer.Commit.Key)
	return v.pages("repos/"+repo.Name+"/commits/"+sha+"/pulls", "", func(raw json.RawMessage) {
		for _, d := range v.hear(repo, "pull_request", map[string]any{"action": "synchronize", "pull_request": merging(raw)}) {
			if d.Ref.Kind == models.PullRequest {
				d.Links = unique(append(d.Links, containing(answer)...))
			}
			v.found = append(v.found, d)
		}
	})
}

func containing(answer models.Answer) (out []models.LinkTo) {
	for _, commit := range []models.Ref{answer.Commit, answer.Want.Commit} {
		if commit.Key != "" {
			out = append(out, models.LinkTo{Relation: models.Contains, To: commit, Evidence: models.Verified})
		}
	}
	return out
}
