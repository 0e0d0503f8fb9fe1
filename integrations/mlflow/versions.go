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
	r.tellAll(page)
	s := &r.cur.Versions
	if s.Token == "" {
		s.Token = next
	} else {
		page, next, err = r.versions(ctx, "", s.Token)
		if worthless(err, s.Token) {
			s.Token = ""
			return nil
		}
		if err != nil {
			return err
		}
		r.tellAll(page)
		s.Token = next
	}
	s.Done = s.Done || s.Token == ""
	return nil
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
	r.tellAll(page)
	return err
}

func (r *reading) tellAll(page []modelVersion) {
	for _, v := range page {
		if v.Name == "" || v.Version == "" || isPrompt(v.Tags) {
			continue
		}
		r.tell("", r.describeVersion(v))
		if r.read[string(v.Name)] {
			r.tell("now/", r.describeVersionNow(v))
		}
	}
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
		Links: versionLinks(v, name),
	}
	if stageOf(v) == "Archived" {
		d.State = models.Retired
	}
	return d
}

func versionLinks(v modelVersion, model string) []models.LinkTo {
	links := []models.LinkTo{{Relation: models.VersionOf, To: models.Ref{Kind: models.Model, Key: model}}}
	if runID.MatchString(string(v.RunID)) {
		links = append(links, models.LinkTo{Relation: models.ProducedBy, To: models.Ref{Kind: models.Run, Key: string(v.RunID)}})
	}
	return links
}

// describeVersionNow is what changes without a time: it is as of the read. The
// links are said again, because a description's links are all there are.
func (r *reading) describeVersionNow(v modelVersion) models.Description {
	aliases := r.aliases[models.VersionKey(string(v.Name), string(v.Version))]
	d := models.Description{
		Ref: models.Ref{Kind: models.ModelVersion, Key: models.VersionKey(r.modelKey(v.Name), clean(v.Version))}, At: r.at,
		Facts: map[string]any{"aliases": nil, "tags": words(v.Tags)},
		Links: versionLinks(v, r.modelKey(v.Name)),
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
