package store

import (
	"cmp"
	"database/sql"
	"slices"

	"throughline/models"
)

// Registered models and versions are subjects too. What is told of them, and by
// which names, is what a mirrored server's are told by (integrations/mlflow,
// registry.go and versions.go), so that pages treat both alike.

func scanNumber(r *sql.Rows, n *int64) error { return r.Scan(n) }
func scanText(r *sql.Rows, s *string) error  { return r.Scan(s) }

// tellRegistry describes a model and some of its versions as subjects. Prompts have
// none: of them the activity tells.
func (u *unit) tellRegistry(sp Space, event string, model int64, versions ...int64) error {
	m, err := u.wholeModel(model)
	if err != nil {
		return err
	}
	if m.Prompt {
		_, err := u.record(sp.Project.ID, 0, "prompt.changed", map[string]any{"event": event, "prompt": m.Name})
		return err
	}
	d, err := u.modelAsSubject(m)
	if err != nil {
		return err
	}
	batch := models.Batch{Descriptions: []models.Description{d}}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(versions))) {
		d, err := u.versionAsSubject(sp, id)
		if err != nil {
			return err
		}
		batch.Descriptions = append(batch.Descriptions, d)
	}
	return u.effects(Inbound{Integration: sp.Integration, Name: event, Batch: batch}, 0)
}

// wholeModel is a model with its tags and aliases.
func (u *unit) wholeModel(id int64) (models.RegisteredModel, error) {
	rows, err := u.query(`SELECT `+registeredColumns+` FROM registered_models m WHERE m.id = ?`, id)
	list, err := all(rows, err, scanRegistered)
	if err != nil || len(list) == 0 {
		return models.RegisteredModel{}, cmp.Or(err, sql.ErrNoRows)
	}
	m := list[0]
	if m.Tags, err = u.pairs(`SELECT key, value FROM registered_model_tags WHERE model_id = ? ORDER BY key`, id); err != nil {
		return m, err
	}
	rows, err = u.query(`SELECT alias, version FROM registered_model_aliases WHERE model_id = ? ORDER BY alias`, id)
	m.Aliases, err = all(rows, err, func(r *sql.Rows, a *models.Alias) error { return r.Scan(&a.Name, &a.Version) })
	return m, err
}

func (u *unit) modelAsSubject(m models.RegisteredModel) (models.Description, error) {
	at, err := u.tellingAt("registered_models", m.ID)
	d := models.Description{Ref: models.Ref{Kind: models.Model, Key: m.Name}, At: moment(at), Title: m.Name, Facts: map[string]any{
		"description": factOrNone(m.Description), "tags": tagWords(m.Tags), "aliases": nil, "deleted": nil, "renamed_to": nil,
	}}
	if len(m.Aliases) > 0 {
		aliases := map[string]string{}
		for _, a := range m.Aliases {
			aliases[a.Name] = itoa(a.Version)
		}
		d.Facts["aliases"] = aliases
	}
	return d, err
}

func (u *unit) versionAsSubject(sp Space, id int64) (models.Description, error) {
	rows, err := u.query(versionSelect+` WHERE v.id = ?`, id)
	list, err := all(rows, err, scanVersion)
	if err != nil || len(list) == 0 {
		return models.Description{}, cmp.Or(err, sql.ErrNoRows)
	}
	v := list[0]
	if v.Tags, err = u.pairs(`SELECT key, value FROM model_version_tags WHERE version_id = ? ORDER BY key`, id); err != nil {
		return models.Description{}, err
	}
	rows, err = u.query(`SELECT alias FROM registered_model_aliases WHERE model_id = ? AND version = ? ORDER BY alias`, v.ModelID, v.Version)
	if v.Aliases, err = all(rows, err, scanText); err != nil {
		return models.Description{}, err
	}
	var deleted int64
	if err := u.row(`SELECT deleted_at FROM model_versions WHERE id = ?`, []any{id}, &deleted); err != nil {
		return models.Description{}, err
	}
	at, err := u.tellingAt("model_versions", id)
	return describeVersion(v, at, deleted != 0), err
}

func describeVersion(v models.RegisteredVersion, at int64, deleted bool) models.Description {
	d := models.Description{
		Ref: models.Ref{Kind: models.ModelVersion, Key: models.VersionKey(v.Model, itoa(v.Version))}, At: moment(at),
		Title: v.Model + " v" + itoa(v.Version), State: models.Registered, Raw: "READY", StateAt: moment(v.Created),
		Facts: map[string]any{
			"model": v.Model, "version": itoa(v.Version), "description": factOrNone(v.Description), "source": factOrNone(v.Source),
			"stage": nil, "created_at": moment(v.Created), "tags": tagWords(v.Tags), "aliases": nil, "deleted": nil, "renamed_to": nil,
			"logged_model": factOrNone(v.LoggedModel),
		},
		Links: []models.LinkTo{{Relation: models.VersionOf, To: models.Ref{Kind: models.Model, Key: v.Model}}},
	}
	if v.Stage != models.StageNone {
		d.Facts["stage"], d.Raw = v.Stage, v.Stage
	}
	if len(v.Aliases) > 0 {
		d.Facts["aliases"] = v.Aliases
	}
	if v.Run != "" {
		d.Links = append(d.Links, models.LinkTo{Relation: models.ProducedBy, To: models.Ref{Kind: models.Run, Key: v.Run}})
	}
	if v.CopiedFrom != "" {
		d.Links = append(d.Links, models.LinkTo{Relation: models.DerivedFrom, To: models.Ref{Kind: models.ModelVersion, Key: v.CopiedFrom}})
	}
	if state, yes := proposed(v); yes {
		d.State, d.StateAt = state, moment(v.Updated)
	}
	if deleted {
		d.Facts["deleted"] = true
	}
	if deleted || v.Stage == models.StageArchived {
		d.State, d.StateAt = models.Retired, moment(v.Updated)
	}
	return d
}

// tellingAt is the time of a description, later than that of the one before: a later
// word always wins. The table is a constant.
func (u *unit) tellingAt(table string, id int64) (at int64, err error) {
	err = u.row(`UPDATE `+table+` SET told_at = CASE WHEN told_at >= ? THEN told_at + 1 ELSE ? END WHERE id = ? RETURNING told_at`, []any{u.at(), u.at(), id}, &at)
	return at, err
}

// tellGone tells of a model and its versions that they are deleted or, where to is
// not empty, are now known as that.
func (u *unit) tellGone(sp Space, m models.RegisteredModel, versions []int64, to string) error {
	event := "model.deleted"
	if to != "" {
		event = "model.renamed"
	}
	if m.Prompt {
		_, err := u.record(sp.Project.ID, 0, "prompt.changed", map[string]any{"event": event, "prompt": m.Name})
		return err
	}
	d, err := u.modelAsSubject(m)
	if err != nil {
		return err
	}
	d.Facts["deleted"], d.Facts["renamed_to"] = true, factOrNone(to)
	batch := models.Batch{Descriptions: []models.Description{d}}
	for _, id := range versions {
		d, err := u.versionAsSubject(sp, id)
		if err != nil {
			return err
		}
		d.State, d.StateAt = models.Retired, u.now
		d.Facts["deleted"], d.Facts["aliases"] = true, nil
		if to != "" {
			d.Facts["renamed_to"] = models.VersionKey(to, d.Facts["version"].(string))
		}
		batch.Descriptions = append(batch.Descriptions, d)
	}
	return u.effects(Inbound{Integration: sp.Integration, Name: event, Batch: batch}, 0)
}

func factOrNone(s string) any {
	if s == "" {
		return nil
	}
	return cut(clean(s), 5000)
}

// tagWords are tags as a list of words: key, or key:value.
func tagWords(tags []models.Pair) any {
	var out []string
	for _, t := range tags[:min(len(tags), 1000)] {
		word := t.Key
		if t.Value != "" {
			word += ":" + t.Value
		}
		out = append(out, cut(clean(word), 5000))
	}
	if out == nil {
		return nil
	}
	return out
}
