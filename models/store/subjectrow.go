package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"throughline/models"
)

// subjectRow is a subject inside a write.
type subjectRow struct {
	id                  int64
	ref                 models.Ref
	home                int64
	title, url          string
	state               models.State
	raw                 string
	checks              models.State
	described           bool
	facts               models.Facts
	seq                 int64
	stateAt, upstreamAt int64

	changed []string // facts that this write changed
	raised  bool     // facts were said anew, by a higher rank
	dirty   bool     // something else changed: links, owners, the state in force
	touched bool     // it waits to be evaluated
	here    bool     // this write describes it
	fresh   bool     // this write made it: nothing hangs on it yet

	points []models.Metric         // of a run: what this write adds to its history
	latest map[string]models.Point // of a run: the points behind its metrics' facts, as far as this write says

	cause models.StateFact // what gave it its state, when that was another subject
	rule  string           // why it has that state, in words, when no rule says so
}

const subjectRowColumns = `id, kind, key, integration_id, home_id, title, url, state, raw, checks, described, facts, seq, state_at, upstream_at`

// load reads a subject once per write.
func (u *unit) load(id int64) (*subjectRow, error) {
	if r, ok := u.rows[id]; ok {
		return r, nil
	}
	r := &subjectRow{facts: models.Facts{}}
	var facts string
	err := u.row(`SELECT `+subjectRowColumns+` FROM subjects WHERE id = ?`, []any{id}, &r.id, &r.ref.Kind, &r.ref.Key, &r.ref.Integration, &r.home,
		&r.title, &r.url, &r.state, &r.raw, &r.checks, &r.described, &facts, &r.seq, &r.stateAt, &r.upstreamAt)
	if err != nil {
		return nil, fmt.Errorf("load subject %d: %w", id, err)
	}
	decode(facts, &r.facts)
	u.keep(r)
	return r, nil
}

func (u *unit) keep(r *subjectRow) {
	if u.rows == nil {
		u.rows = map[int64]*subjectRow{}
	}
	u.rows[r.id] = r
}

// find is the id of a subject, 0 when there is none.
func (u *unit) find(ref models.Ref) (id int64, err error) {
	if id, ok := u.known(ref); ok {
		return id, nil
	}
	err = u.row(`SELECT id FROM subjects WHERE kind = ? AND key = ? AND integration_id = ?`, []any{ref.Kind, ref.Key, ref.Integration}, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err == nil {
		u.learn(ref, id)
	}
	return id, err
}

// ensure is the id of a subject, made as a stub when nobody spoke of it before.
func (u *unit) ensure(ref models.Ref) (int64, error) { return u.ensureAt(ref, 0) }

// ensureAt is ensure for a subject that is about to be described with a time: a
// new row stands in its place in the lists' index at once.
func (u *unit) ensureAt(ref models.Ref, at int64) (int64, error) {
	if ref.Key == "" || len(ref.Key) > 1024 || !ref.Kind.Known() {
		return 0, models.Errorf(models.Unprocessed, "A subject needs a known kind and a key of 1 to 1024 bytes, not %q %q.", ref.Kind, shorten(ref.Key))
	}
	id, err := u.find(ref)
	if id != 0 || err != nil {
		return id, err
	}
	id, err = u.insert(`INSERT INTO subjects (kind, key, integration_id, title, upstream_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)`,
		ref.Kind, ref.Key, ref.Integration, ref.Key, at, u.at())
	if err != nil {
		return 0, fmt.Errorf("make %s %s: %w", ref.Kind, ref.Key, err)
	}
	u.learn(ref, id)
	u.keep(&subjectRow{id: id, ref: ref, title: ref.Key, facts: models.Facts{}, upstreamAt: at, fresh: true})
	if ref.Kind == models.Dataset || ref.Kind == models.DatasetVersion {
		u.made = append(u.made, id)
	}
	return id, u.relatives(ref, id)
}

// relatives links what a key says by itself: a version belongs to its model, a
// dataset version to its dataset.
func (u *unit) relatives(ref models.Ref, id int64) error {
	parent, ok := parentOf(ref)
	if !ok {
		return nil
	}
	to, err := u.ensure(parent)
	if err != nil {
		return err
	}
	_, err = u.exec(`INSERT INTO links (from_id, to_id, relation, evidence, actor, by_name, since_at) VALUES (?, ?, ?, ?, 'system', 'the key', ?) ON CONFLICT DO NOTHING`,
		id, to, models.VersionOf, models.Verified, u.at())
	return err
}

// parentOf is the model of a version and the dataset of a dataset version.
func parentOf(ref models.Ref) (models.Ref, bool) {
	switch ref.Kind {
	case models.ModelVersion:
		if name, _, ok := models.SplitVersion(ref.Key); ok {
			return models.Ref{Kind: models.Model, Key: name}, true
		}
	case models.DatasetVersion:
		if key, _, ok := models.SplitDatasetVersion(ref.Key); ok {
			return models.Ref{Kind: models.Dataset, Key: key}, true
		}
	}
	return models.Ref{}, false
}

// save writes a subject back.
func (u *unit) save(r *subjectRow) error {
	_, err := u.exec(`UPDATE subjects SET home_id = ?, title = ?, url = ?, state = ?, raw = ?, checks = ?, described = ?, facts = ?, seq = ?, state_at = ?, upstream_at = ?, updated_at = ? WHERE id = ?`,
		r.home, r.title, r.url, r.state, r.raw, r.checks, flag(r.described), encode(r.facts), r.seq, r.stateAt, r.upstreamAt, u.at(), r.id)
	if err != nil {
		return fmt.Errorf("save %s %s: %w", r.ref.Kind, r.ref.Key, err)
	}
	return nil
}

// saveRanks keeps that facts were said anew. Nothing that anybody sees changed.
func (u *unit) saveRanks(r *subjectRow) error {
	if !r.raised {
		return nil
	}
	_, err := u.exec(`UPDATE subjects SET facts = ?, upstream_at = ? WHERE id = ?`, encode(r.facts), r.upstreamAt, r.id)
	if err != nil {
		return fmt.Errorf("save %s %s: %w", r.ref.Kind, r.ref.Key, err)
	}
	return nil
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// show makes a subject visible in a project.
func (u *unit) show(subject, project int64) error {
	pair := [2]int64{subject, project}
	if project == 0 || u.isShown(pair) {
		return nil
	}
	_, err := u.exec(`INSERT INTO project_subjects (subject_id, project_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, subject, project)
	if err == nil {
		if u.showed == nil {
			u.showed = map[[2]int64]int64{}
		}
		u.showed[pair] = subject
	}
	return err
}

func (u *unit) isShown(pair [2]int64) bool {
	_, now := u.showed[pair]
	_, here := u.seen[pair]
	if now || here {
		return true
	}
	_, before := u.s.shown.get(pair)
	return before
}

// clean makes a text fit for both databases: valid UTF-8 without NUL.
func clean(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.ReplaceAll(s, "\x00", "")
}

func shorten(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
