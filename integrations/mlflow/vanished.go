package mlflow

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"throughline/models"
)

const (
	mostDoubts = 50       // things that seem to have vanished, asked for in one poll
	mostKnown  = 64 << 10 // bytes of names in a cursor
)

// seen is what the registry shows while it is read page by page. It is complete
// when both turns, that over models and that over versions, have come to an end.
type seen struct {
	models, versions bool                       // the turn began at the first page …
	endModels        bool                       // … and came to its end
	names            map[string]map[string]bool // the versions of each model
}

func (t *told) seenIn(workspace string) *seen {
	if t.seen[workspace] == nil {
		t.seen[workspace] = &seen{names: map[string]map[string]bool{}}
	}
	return t.seen[workspace]
}

func (s *seen) add(model, version string) {
	if s.names[model] == nil {
		s.names[model] = map[string]bool{}
	}
	if version != "" {
		s.names[model][version] = true
	}
}

// vanished asks for what was there at the end of the last turn and is not any
// more, at the end of a turn: a page that shifted may have hidden it.
func (r *reading) vanished(ctx context.Context) error {
	asked := 0
	for _, model := range slices.Sorted(maps.Keys(r.cur.Known)) {
		for _, version := range append([]string{""}, unranged(r.cur.Known[model])...) {
			there, has := r.seen.names[model]
			if has && (version == "" || there[version]) {
				continue
			}
			if asked++; asked > mostDoubts {
				r.seen.add(model, version) // its turn comes
				continue
			}
			if err := r.doubt(ctx, model, version); err != nil {
				return err
			}
		}
	}
	r.cur.Known = r.seen.known()
	*r.seen = seen{names: map[string]map[string]bool{}}
	return nil
}

// doubt asks for a model or a version, and tells that it was deleted.
func (r *reading) doubt(ctx context.Context, model, version string) error {
	path, q := "registered-models/get", url.Values{"name": {model}}
	ref := models.Ref{Kind: models.Model, Key: r.modelKey(text(model))}
	if version != "" {
		path = "model-versions/get"
		q.Set("version", version)
		ref = models.Ref{Kind: models.ModelVersion, Key: models.VersionKey(ref.Key, version)}
	}
	var found struct{}
	err := r.get(ctx, path, q, &found)
	var refusal *refused
	switch {
	case err == nil:
		r.seen.add(model, version)
		return nil
	case !errors.As(err, &refusal) || refusal.code != "RESOURCE_DOES_NOT_EXIST":
		return err
	}
	for _, about := range []string{"", "now/", "here/"} {
		delete(r.hashes, about+string(ref.Kind)+"/"+ref.Key) // should it come back, all is told
	}
	r.tell("here/", models.Description{Ref: ref, At: r.at, Facts: map[string]any{"deleted": true, "aliases": nil}})
	return nil
}

// known is what was seen, small enough for a cursor.
func (s *seen) known() map[string]string {
	out, size := map[string]string{}, 0
	for model, versions := range s.names {
		out[model] = ranged(slices.Collect(maps.Keys(versions)))
		if size += len(model) + len(out[model]) + 8; size > mostKnown {
			return nil // too large a registry to remember: nothing is said of what vanishes
		}
	}
	return out
}

// ranged writes version numbers as "1-3,7".
func ranged(versions []string) string {
	var numbers []int
	for _, v := range versions {
		if n, err := strconv.Atoi(v); err == nil && n >= 0 {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	var out []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		part := strconv.Itoa(numbers[i])
		if j > i {
			part += "-" + strconv.Itoa(numbers[j])
		}
		out, i = append(out, part), j+1
	}
	return strings.Join(out, ",")
}

// unranged reads what ranged wrote.
func unranged(s string) (versions []string) {
	for part := range strings.SplitSeq(s, ",") {
		from, to, wide := strings.Cut(part, "-")
		a, err := strconv.Atoi(from)
		if err != nil {
			continue
		}
		b := a
		if wide {
			b, _ = strconv.Atoi(to)
		}
		for n := a; n <= b && len(versions) < 100_000; n++ {
			versions = append(versions, strconv.Itoa(n))
		}
	}
	return versions
}
