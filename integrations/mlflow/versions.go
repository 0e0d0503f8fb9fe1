package mlflow

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"throughline/models"
)

// tellVersions reads the versions that changed last, and with each poll one page
// more of all.
func (r *reading) tellVersions(ctx context.Context) error {
	page, next, err := r.versions(ctx, "", "")
	if err != nil {
		return err
	}
	if err := r.tellAll(ctx, page); err != nil {
		return err
	}
	s := &r.cur.Versions
	if s.Token == "" {
		s.Token, r.seen.versions = next, true
	} else if err := r.tellMore(ctx, s); err != nil {
		return err
	}
	s.Done = s.Done || s.Token == ""
	if s.Token == "" && r.seen.versions && r.seen.endModels {
		return r.vanished(ctx)
	}
	return nil
}

// tellMore reads the next page of all versions.
func (r *reading) tellMore(ctx context.Context, s *scan) error {
	page, next, err := r.versions(ctx, "", s.Token)
	if worthless(err, s.Token) {
		s.Token, r.seen.versions = "", false
		return nil
	}
	if err != nil {
		return err
	}
	s.Token = next
	return r.tellAll(ctx, page)
}

// tellVersionsOf reads the newest versions of a model.
func (r *reading) tellVersionsOf(ctx context.Context, name string) error {
	quote := "'"
	if strings.Contains(name, quote) {
		quote = `"`
	}
	if strings.Contains(name, quote) {
		return nil // no filter can say this name; the turns find its versions
	}
	page, _, err := r.versions(ctx, "name = "+quote+name+quote, "")
	if err != nil {
		return err
	}
	return r.tellAll(ctx, page)
}

func (r *reading) tellAll(ctx context.Context, page []modelVersion) error {
	if err := r.resolve(ctx, page); err != nil {
		return err
	}
	for _, v := range page {
		if v.Name == "" || v.Version == "" || isPrompt(v.Tags) {
			continue
		}
		r.seen.add(string(v.Name), string(v.Version))
		d := r.describeVersion(v)
		r.tell("", d)
		if r.read[string(v.Name)] {
			r.tell("now/", r.describeVersionNow(v))
			continue
		}
		r.tell("here/", models.Description{Ref: d.Ref, At: r.at, Facts: map[string]any{"deleted": nil}})
	}
	return nil
}

// describeVersion is what moves the version's time of change: all but aliases and tags.
func (r *reading) describeVersion(v modelVersion) models.Description {
	name, version := r.modelKey(v.Name), clean(v.Version)
	d := models.Description{
		Ref: models.Ref{Kind: models.ModelVersion, Key: models.VersionKey(name, version)}, At: cmp.Or(v.Updated, v.Created).time(),
		Title: name + " v" + version, URL: r.page("models", string(v.Name), "versions", string(v.Version)),
		State: models.Registered, Raw: clean(cmp.Or(stageOf(v), v.Status)),
		Facts: map[string]any{
			"model": name, "version": version, "description": orNone(clean(v.Description)), "stage": orNone(clean(stageOf(v))),
			"source": orNone(clean(v.Source)), "created_at": moment(v.Created), "user": orNone(clean(v.User)),
			"status_message": orNone(clean(v.Message)),
		},
		Links: r.versionLinks(v, name),
	}
	if stageOf(v) == "Archived" {
		d.State = models.Retired
	}
	return d
}

func (r *reading) versionLinks(v modelVersion, model string) []models.LinkTo {
	links := []models.LinkTo{{Relation: models.VersionOf, To: models.Ref{Kind: models.Model, Key: model}}}
	if runID.MatchString(string(v.RunID)) {
		links = append(links, models.LinkTo{Relation: models.ProducedBy, To: models.Ref{Kind: models.Run, Key: string(v.RunID)}})
	}
	return append(links, r.origin(v)...)
}

// describeVersionNow is what changes without a time: it is as of the read. The
// links are said again, because a description's links are all there are.
func (r *reading) describeVersionNow(v modelVersion) models.Description {
	aliases := r.aliases[models.VersionKey(string(v.Name), string(v.Version))]
	d := models.Description{
		Ref: models.Ref{Kind: models.ModelVersion, Key: models.VersionKey(r.modelKey(v.Name), clean(v.Version))}, At: r.at,
		Facts: map[string]any{"deleted": nil, "aliases": nil, "tags": words(v.Tags)},
		Links: r.versionLinks(v, r.modelKey(v.Name)),
	}
	if len(aliases) > 0 {
		d.Facts["aliases"] = slices.Sorted(slices.Values(aliases))
	}
	return d
}

func stageOf(v modelVersion) text {
	if v.Stage == "None" {
		return ""
	}
	return v.Stage
}
