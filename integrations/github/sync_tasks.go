package github

import (
	"encoding/json"
	"fmt"
	"strings"

	"throughline/models"
)

// kinds are the tasks there are. A lack says what a repository's truth misses
// when GitHub refuses the task; where there is none, the repository fails.
var kinds = map[string]struct {
	do   func(*visit, *mark, task) error
	lack string
}{
	"pulls":      {do: (*visit).pulls},
	"pull":       {do: (*visit).pull},
	"open pulls": {do: (*visit).openPulls},
	"checks":     {(*visit).checks, lackChecks},
	"runs":       {(*visit).runs, "Workflow runs are missing: the token lacks Actions, read-only."},
	"run":        {(*visit).run, ""},
	"jobs":       {(*visit).jobs, "Jobs are missing: the token lacks Actions, read-only."},
	"running":    {do: (*visit).running},

	"deployments":         {(*visit).deployments, "Deployments are missing: the token lacks Deployments, read-only."},
	"deployment statuses": {(*visit).deploymentStatuses, "Deployments are missing: the token lacks Deployments, read-only."},

	"owners":     {(*visit).owners, "CODEOWNERS and catalog-info.yaml are not read: the token lacks Contents, read-only."},
	"hooks":      {do: (*visit).hooks},
	"deliveries": {do: (*visit).deliveries},
}

const lackChecks = "Checks are missing: the token lacks Checks and Commit statuses, read-only."

// do does one task of a repository. A task that this program does not know is of
// another version, and is left out.
func (v *visit) do(repo *mark, t task) error {
	kind, known := kinds[t.Kind]
	if !known {
		return nil
	}
	if !repo.Imported && repo.State != models.SyncImporting {
		repo.State = models.SyncImporting
		v.tell(repo)
	}
	return kind.do(v, repo, t)
}

// page asks for a page of a list; the first, which is asked for in every round,
// only if it changed.
func (v *visit) page(t task, address string) (answer, error) {
	if t.Page == 1 {
		return v.getNew(address)
	}
	return v.get(address)
}

// pageOf is the address of a page of a list.
func pageOf(address string, page int) string {
	join := "?"
	if strings.Contains(address, "?") {
		join = "&"
	}
	return fmt.Sprintf("%s%sper_page=%d&page=%d", address, join, pageSize, page)
}

// pages reads all pages of a list, or of the list in one field of the answers.
func (v *visit) pages(address, field string, each func(json.RawMessage)) error {
	first, err := v.get(pageOf(address, 1))
	if err != nil {
		return err
	}
	return v.through(first, address, field, each)
}

// pagesNew is pages for what is asked in every round: nothing is read where the
// first page did not change.
func (v *visit) pagesNew(address, field string, each func(json.RawMessage)) (changed bool, err error) {
	first, err := v.getNew(pageOf(address, 1))
	if err != nil || first.unchanged {
		return false, err
	}
	if err := v.through(first, address, field, each); err != nil {
		return false, err
	}
	v.keep(first)
	return true, nil
}

// through goes on from the first page to the last.
func (v *visit) through(a answer, address, field string, each func(json.RawMessage)) error {
	for {
		items, err := itemsOf(a, field)
		if err != nil {
			return err
		}
		for _, item := range items {
			each(item)
		}
		if a.next == 0 {
			return nil
		}
		if a, err = v.get(pageOf(address, a.next)); err != nil {
			return err
		}
	}
}

func itemsOf(a answer, field string) ([]json.RawMessage, error) {
	if field == "" {
		return parse[[]json.RawMessage](a)
	}
	fields, err := parse[map[string]json.RawMessage](a)
	if err != nil {
		return nil, err
	}
	return parse[[]json.RawMessage](answer{body: fields[field]})
}

// hear decodes what was read as the webhook that tells the same. What can not be
// understood is noted, and stops nothing.
func (v *visit) hear(repo *mark, event string, payload map[string]any) []models.Description {
	payload["repository"] = repo.Repo
	body, err := json.Marshal(payload)
	if err != nil {
		repo.note("Some answers of GitHub could not be understood.")
		return nil
	}
	decoded, err := decode(v.account, event, body)
	if err != nil || decoded.Err != nil {
		repo.note("Some answers of GitHub could not be understood: " + event + ".")
		return nil
	}
	return decoded.Batch.Descriptions
}

// expect counts what a list will bring into the progress. Until its last page is
// known a page counts as full.
func (v *visit) expect(repo *mark, stage, page int, a answer, items, fresh int) {
	total := (page-1)*pageSize + items
	if a.last > page && fresh == items {
		total = a.last * pageSize
	} else if fresh < items {
		total = (page-1)*pageSize + fresh
	}
	if !repo.Imported {
		v.stage(stage, 0, total-repo.Expected[stage-1])
		repo.Expected[stage-1] = total
	}
}
