package cloudevents

import (
	"cmp"
	"strings"

	"throughline/models"
)

// cdEnvironment is an environment that was made, renamed or taken down.
func cdEnvironment(c cdEvent) []models.Description {
	d := environmentOf(c.id, c.content.text("name"), c.at)
	d.URL = c.url()
	d.Facts = gone(c)
	return []models.Description{d}
}

// gone says since when something is no more, or that it is there.
func gone(c cdEvent) map[string]any {
	if c.predicate == "deleted" && !c.at.IsZero() {
		return map[string]any{"deleted_at": stamp(c.at)}
	}
	return map[string]any{"deleted_at": nil}
}

// cdRepository is a repository of code, where its address says which.
func cdRepository(c cdEvent) []models.Description {
	key := models.RepositoryKey(c.url())
	if key == "" {
		return nil
	}
	return []models.Description{{Ref: models.Ref{Kind: models.Repository, Key: key}, At: c.at, Facts: gone(c), URL: c.content.web("viewUrl"),
		Title: strings.Trim(c.content.text("owner")+"/"+cmp.Or(c.content.text("name"), c.id), "/")}}
}

// cdBranch is a fact of its repository.
func cdBranch(c cdEvent) []models.Description {
	key := repositoryOf(c.content.object("repository"))
	if key == "" {
		return nil
	}
	var there any = true
	if c.predicate == "deleted" {
		there = nil
	}
	return []models.Description{{Ref: models.Ref{Kind: models.Repository, Key: key}, At: c.at, Facts: map[string]any{"branch." + c.id: there}}}
}
