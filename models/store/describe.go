package store

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"throughline/models"
)

// describe merges what a source says of one subject, with its links and owners.
func (w *wave) describe(d models.Description) error {
	d = w.stamp(d)
	rank := models.RankOf(d)
	d = w.gone.describeWithout(d)
	row, mine, err := w.subject(d.Ref, d.At.UnixMilli())
	if err != nil {
		return err
	}
	if mine {
		w.merge(row, d, rank)
		if err := w.keepQuality(row, d); err != nil {
			return err
		}
		if err := w.claimOwners(row, d, rankText(rank)); err != nil {
			return err
		}
	} else {
		w.unmatched(1)
	}
	w.touch(row)
	return w.link(row, d, rankText(rank))
}

// stamp fills in what a source must not or need not say.
func (w *wave) stamp(d models.Description) models.Description {
	d.Ref = w.own(d.Ref)
	if d.At.IsZero() {
		d.At = w.now
	}
	d.At = d.At.UTC().Truncate(time.Millisecond)
	d.Title, d.Raw, d.Text = cut(clean(d.Title), 500), cut(clean(d.Raw), 100), cut(clean(d.Text), 16<<10)
	d.URL = webAddress(d.URL)
	d.Event, d.Source = w.in.Name, w.sayer()
	return d
}

// own makes a source-bound key the integration's own: no source speaks for another.
func (w *wave) own(ref models.Ref) models.Ref {
	ref.Key, ref.Integration = clean(ref.Key), 0
	if ref.Kind.SourceBound() {
		ref.Integration = w.in.Integration.ID
	}
	return ref
}

// subject loads or makes the described subject and tells whether this project
// may describe it: a model belongs to the project that registered it first.
func (w *wave) subject(ref models.Ref, at int64) (row *subjectRow, mine bool, err error) {
	id, err := w.ensureAt(ref, at)
	if err != nil {
		return nil, false, err
	}
	if row, err = w.load(id); err != nil {
		return nil, false, err
	}
	if mine, err = w.athome(row); err != nil || !mine {
		return row, mine, err
	}
	row.here = true
	return row, true, w.show(id, w.project)
}

// athome tells whether the subject is this project's to describe; the first to
// describe a model makes it its own, with all its versions.
func (w *wave) athome(row *subjectRow) (bool, error) {
	if row.ref.Kind != models.Model && row.ref.Kind != models.ModelVersion || w.project == 0 {
		return true, nil
	}
	model := row
	if parent, ok := parentOf(row.ref); ok {
		id, err := w.ensure(parent)
		if err != nil {
			return false, err
		}
		if model, err = w.load(id); err != nil {
			return false, err
		}
	}
	if model.home == 0 {
		model.home, model.dirty = w.project, true
		w.touch(model)
		if err := w.show(model.id, w.project); err != nil {
			return false, err
		}
		if err := w.touchAll(`SELECT subject_id FROM deployments WHERE model = ?`, model.ref.Key); err != nil {
			return false, err // those of other projects count no longer
		}
	}
	row.home = model.home
	return model.home == w.project, nil
}

func (w *wave) merge(row *subjectRow, d models.Description, rank models.Rank) {
	for name := range d.Facts {
		if name == "" || name[0] == '_' || len(name) > 300 {
			delete(d.Facts, name)
		}
	}
	changed, raised := row.facts.MergeRanked(d, rank, w.in.Integration.ID)
	row.changed, row.raised = append(row.changed, changed...), row.raised || raised
	if !row.described {
		row.described, row.dirty = true, true
	}
	row.takePoints(d, rank)
	row.upstreamAt = max(row.upstreamAt, d.At.UnixMilli())
	row.title, row.url = row.facts.String(models.FactTitle), row.facts.String(models.FactURL)
	if row.title == "" {
		row.title = row.ref.Key
	}
}

func (w *wave) unmatched(n int) {
	_, err := w.exec(`UPDATE integrations SET unmatched = unmatched + ? WHERE id = ?`, n, w.in.Integration.ID)
	if err != nil {
		w.s.log.Warn("count unmatched", "error", err)
	}
}

// link brings the described subject's links up to date, relation by relation.
func (w *wave) link(row *subjectRow, d models.Description, rank string) error {
	if len(d.Links) == 0 {
		return nil
	}
	for _, relation := range models.Relations {
		set, err := w.targets(d.Links, relation)
		if err != nil {
			return err
		}
		if len(set) == 0 {
			continue
		}
		changed, err := w.setLinks(row, relation, set, rank, d.At)
		if err != nil {
			return fmt.Errorf("link %s %s: %w", row.ref.Key, relation, err)
		}
		row.dirty = row.dirty || changed
	}
	return nil
}

// targets are the ends of the links of one relation, with their evidence.
func (w *wave) targets(links []models.LinkTo, relation models.Relation) (map[int64]models.Evidence, error) {
	var set map[int64]models.Evidence
	for _, l := range links {
		if l.Relation != relation || l.To.Key == "" {
			continue
		}
		id, err := w.end(w.own(l.To))
		if err != nil {
			return nil, err
		}
		if set == nil {
			set = map[int64]models.Evidence{}
		}
		set[id] = l.Evidence
		if l.Evidence == "" {
			set[id] = models.Declared
		}
	}
	return set, nil
}

// end is the other end of a link, a stub when nobody described it yet. The
// mention makes it visible in the project, unless it is another project's model.
func (w *wave) end(ref models.Ref) (int64, error) {
	id, err := w.ensure(ref)
	if err != nil {
		return 0, err
	}
	if ref.Kind == models.Model || ref.Kind == models.ModelVersion {
		model := ref
		if parent, ok := parentOf(ref); ok {
			model = parent
		}
		mid, err := w.ensure(model)
		if err != nil {
			return 0, err
		}
		row, err := w.load(mid)
		if err != nil || row.home != 0 && row.home != w.project {
			return id, err
		}
	}
	if parent, ok := parentOf(ref); ok {
		pid, err := w.ensure(parent)
		if err != nil {
			return 0, err
		}
		if err := w.show(pid, w.project); err != nil {
			return 0, err
		}
	}
	return id, w.show(id, w.project)
}

// rankText is a rank as a text that sorts like it.
func rankText(r models.Rank) string {
	return fmt.Sprintf("%015d.%019d.%d.%s", max(0, r.At), r.Attempt, flag(r.Terminal), r.Hash)
}

// webAddress keeps http and https addresses only: nothing else becomes a link.
func webAddress(s string) string {
	u, err := url.Parse(strings.TrimSpace(clean(s)))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(s) > 2048 {
		return ""
	}
	u.User = nil
	return u.String()
}

// cut shortens a text to at most n bytes, at a character's edge.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-3], "") + "…"
}
