package registry

import (
	"context"
	"slices"
	"strings"

	"oras.land/oras-go/v2/registry"

	"throughline/models"
)

// look is a tag that may name another image than is known.
type look struct {
	repository, tag string
	repo            registry.Repository
	known           bool // it was looked at before
	floats          bool // it moved once, or its name says that it will
}

func (l look) key() string { return l.repository + ":" + l.tag }

// compare says which tags are to be looked at, and takes those off that are gone.
func (r *round) compare(name string, repo registry.Repository, tags []string) (due []look) {
	known := r.cur.Tags[name]
	if known == nil {
		known = map[string]string{}
		r.cur.Tags[name] = known
	}
	for tag, hex := range known {
		if !slices.Contains(tags, tag) {
			r.untag(name, tag, hex)
			delete(known, tag)
		}
	}
	for _, tag := range tags {
		l := look{repository: name, tag: tag, repo: repo}
		l.known = known[tag] != ""
		l.floats = r.cur.Moved[l.key()] || !strings.ContainsAny(tag, "0123456789")
		due = append(due, l)
	}
	return due
}

// untag takes a tag off the image that had it.
func (r *round) untag(name, tag, hex string) {
	p := at(r.account, "", name)
	if d, ok := p.image("sha256:"+hex, r.now().UTC()); ok {
		d.Facts = map[string]any{"tag." + p.name() + ":" + tag: nil}
		r.batch.Descriptions = append(r.batch.Descriptions, d)
	}
}

// look asks what the tags name: new ones first, then those that move, then the
// others by turns.
func (r *round) look(ctx context.Context, due []look) (more bool, err error) {
	again := 0
	for _, l := range r.inTurn(due) {
		if r.images >= newAtMost || r.now().Sub(r.began) > timeAtMost {
			return true, nil
		}
		if l.known {
			if again++; again > lookedAtMost {
				return false, nil
			}
			if !l.floats {
				r.cur.After = l.key()
			}
		}
		if err := r.resolve(ctx, l); err != nil {
			return false, err
		}
	}
	return false, nil
}

// inTurn orders tags by how likely they name something new. Those that never moved
// begin after the one that the last round ended with.
func (r *round) inTurn(due []look) []look {
	rank := func(l look) int {
		switch {
		case !l.known:
			return 0
		case l.floats:
			return 1
		case l.key() > r.cur.After:
			return 2
		}
		return 3
	}
	slices.SortStableFunc(due, func(a, b look) int { return rank(a) - rank(b) })
	return due
}

// resolve asks which image a tag names, and reads the image if it is new.
func (r *round) resolve(ctx context.Context, l look) error {
	found, err := l.repo.Resolve(ctx, l.tag)
	if absent(err) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	hex, before := found.Digest.Encoded(), r.cur.Tags[l.repository][l.tag]
	if hex == before || models.ImageDigest(string(found.Digest)) == "" || found.Digest.Algorithm() != "sha256" {
		return nil
	}
	if before != "" {
		r.untag(l.repository, l.tag, before)
		r.cur.Moved[l.key()] = true
	}
	if err := r.tell(ctx, l, found); err != nil {
		return err
	}
	r.cur.Tags[l.repository][l.tag] = hex
	return nil
}
