package cloudevents

import (
	"regexp"
	"strings"

	"throughline/models"
)

// cdChange is a pull request where the event names a repository that we can tell.
func cdChange(c cdEvent) []models.Description {
	repository := repositoryOf(c.content.object("repository"))
	if repository == "" {
		return nil
	}
	number := lastNumber(c.id)
	d := models.Description{Ref: models.Ref{Kind: models.PullRequest, Key: models.PullRequestKey(repository, number)}, At: c.at, URL: c.url()}
	d.Facts = map[string]any{"repository": repository, "number": number}
	d.Title, _, _ = strings.Cut(strings.TrimSpace(c.content.text("description")), "\n")
	d.Raw = c.predicate
	switch c.predicate {
	case "created":
		d.State = models.Open
	case "abandoned":
		d.State = models.Closed
	case "merged":
		d.State = models.Merged
		if !c.at.IsZero() {
			d.Facts["merged_at"] = stamp(c.at)
		}
		c.custom.commit("commit").attach(&d, models.MergedAs)
	}
	return []models.Description{d}
}

// repositoryOf reads {"id":"owner/name","source":"https://host"}.
func repositoryOf(o *object) string {
	id, source := o.key("id"), strings.TrimRight(o.key("source"), "/")
	if strings.Contains(source, "://") {
		if key := models.RepositoryKey(source + "/" + id); key != "" {
			return key
		}
	}
	return models.RepositoryKey(id)
}

var trailingNumber = regexp.MustCompile(`(?:^|[/#!])([0-9]{1,12})$`)

// lastNumber is the number of a change whose id is "12", "pulls/12" or the
// address of a pull request; another id stays as it is.
func lastNumber(id string) string {
	if m := trailingNumber.FindStringSubmatch(id); m != nil {
		return m[1]
	}
	return id
}
