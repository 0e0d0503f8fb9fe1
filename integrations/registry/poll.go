package registry

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote"

	"throughline/integrations"
	"throughline/models"
)

// The bounds of one poll.
const (
	timeAtMost   = 45 * time.Second
	newAtMost    = 60   // images that are read
	lookedAtMost = 100  // known tags that are looked at again
	tagsAtMost   = 2000 // of one repository
	reposAtMost  = 500
	onBoards     = 14 * 24 * time.Hour
	wildcards    = "*?["
)

// errEnough ends a listing.
var errEnough = errors.New("enough")

// Poll lists the tags, reads the images that are new, and looks whether known tags
// moved or are gone. What one poll does not get to is for the next.
func (s *Source) Poll(ctx context.Context, a integrations.Account, saved string) (models.Batch, bool, error) {
	hub, err := s.open(a)
	if err != nil {
		return models.Batch{}, false, err
	}
	r := &round{hub: hub, account: a, cur: cursorFor(a, saved), now: s.Now, began: s.Now()}
	names, err := r.repositories(ctx)
	if err != nil {
		return models.Batch{}, false, words(err)
	}
	more, err := r.ask(ctx, names)
	r.batch.Cursor = r.cur.String()
	r.batch.Past = r.began.Add(-onBoards)
	return r.batch, more, words(err)
}

// round is one poll under way.
type round struct {
	hub     *remote.Registry
	account integrations.Account
	cur     cursor
	now     func() time.Time
	began   time.Time
	images  int // read in this round
	batch   models.Batch
}

func (r *round) problem(format string, args ...any) {
	if r.batch.Problem == "" {
		r.batch.Problem = fmt.Sprintf(format, args...)
	}
}

// repositories are those that the settings name; patterns, and none, are looked up
// in the registry's catalogue.
func (r *round) repositories(ctx context.Context) (names []string, err error) {
	setting := r.account.Get("repositories")
	if setting != "" && !strings.ContainsAny(setting, wildcards) {
		names = strings.FieldsFunc(setting, func(c rune) bool { return strings.ContainsRune(", \r\n", c) })
		slices.Sort(names)
		return slices.Compact(names), nil
	}
	err = r.hub.Repositories(ctx, "", func(page []string) error {
		for _, name := range page {
			if integrations.Matches(setting, name) {
				names = append(names, name)
			}
		}
		if len(names) >= reposAtMost {
			r.problem("The registry has more than %d repositories. Name those that matter in the settings.", reposAtMost)
			return errEnough
		}
		return nil
	})
	if absent(err) || denied(err) {
		return nil, models.FieldErrorf(models.Unprocessed, "repositories", "This registry does not list its repositories to this account. Name them in the settings, without patterns.")
	}
	if errors.Is(err, errEnough) {
		err = nil
	}
	slices.Sort(names)
	return names, err
}

// ask lists the tags of all repositories, and then looks at what is due.
func (r *round) ask(ctx context.Context, names []string) (more bool, err error) {
	var due []look
	for _, name := range names {
		repo, err := r.hub.Repository(ctx, name)
		if err != nil {
			r.problem("%q is no name of a repository.", name)
			continue
		}
		tags, err := r.tags(ctx, name, repo)
		switch {
		case absent(err):
			tags = nil // it was deleted
		case denied(err):
			r.problem("The repository %s may not be read: %v", name, words(err))
			continue
		case err != nil:
			return false, err
		}
		due = append(due, r.compare(name, repo, tags)...)
	}
	r.forget(names)
	return r.look(ctx, due)
}

func (r *round) tags(ctx context.Context, name string, repo registry.Repository) (tags []string, err error) {
	err = repo.Tags(ctx, "", func(page []string) error {
		for _, tag := range page {
			if !signature.MatchString(tag) {
				tags = append(tags, tag)
			}
		}
		if len(tags) > tagsAtMost {
			tags = tags[:tagsAtMost]
			r.problem("%s has more than %d tags: only the first are looked at.", name, tagsAtMost)
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return tags, err
}

// signature are the tags of signatures and attestations of cosign, which are no images.
var signature = regexp.MustCompile(`^sha256-[0-9a-f]{64}(\.[a-z]+)?$`)

// forget drops repositories that the settings do not name any more.
func (r *round) forget(names []string) {
	for name := range r.cur.Tags {
		if !slices.Contains(names, name) {
			delete(r.cur.Tags, name)
		}
	}
}
