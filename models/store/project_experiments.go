package store

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"throughline/models"
)

// projectExperiment writes what changed of an experiment, and its tags.
func (u *unit) projectExperiment(row *subjectRow, changed []string) error {
	f := row.facts
	e := models.TrackedExperiment{Integration: row.ref.Integration, Key: row.ref.Key, Name: cmp.Or(f.String("name"), row.title),
		ArtifactLocation: f.String("artifact_uri"), Lifecycle: models.RunOfFacts(f).Lifecycle, Created: f.Millis("created_at"), Updated: row.upstreamAt}
	known, err := u.experimentKnown(e.Integration, e.Key)
	if err != nil {
		return err
	}
	if known == 0 {
		changed = slices.Collect(maps.Keys(f))
	}
	id, err := u.putExperiment(e, `DO UPDATE SET name = excluded.name, artifact_location = excluded.artifact_location, lifecycle = excluded.lifecycle,
 created_at = excluded.created_at, updated_at = excluded.updated_at`)
	if err != nil {
		return err
	}
	for _, name := range changed {
		if sort, p, ok := models.PairOfFact(f, name); sort == "tag" && name != "name" {
			if err := u.turnPair("experiment_tags", "experiment_id", id, p, ok); err != nil {
				return err
			}
		}
	}
	return nil
}

// experimentNamed is the experiment that a run names. It is made where it is not
// known; what is known of it stays.
func (u *unit) experimentNamed(integration int64, e models.TrackedExperiment) (int64, error) {
	id, err := u.experimentKnown(integration, e.Key)
	if id != 0 || err != nil {
		return id, err
	}
	e.Integration = integration
	return u.putExperiment(e, `DO UPDATE SET key = excluded.key`)
}

// experimentKnown is the id of an experiment, 0 when there is none.
func (u *unit) experimentKnown(integration int64, key string) (id int64, err error) {
	err = u.row(`SELECT id FROM experiments WHERE integration_id = ? AND key = ?`, []any{integration, cut(clean(key), 1000)}, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

func (u *unit) putExperiment(e models.TrackedExperiment, known string) (int64, error) {
	id, err := u.insert(`INSERT INTO experiments (integration_id, key, name, artifact_location, lifecycle, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (integration_id, key) `+known,
		e.Integration, cut(clean(e.Key), 1000), cut(clean(e.Name), 1000), clean(e.ArtifactLocation), e.Lifecycle, e.Created, e.Updated)
	if err != nil {
		return 0, fmt.Errorf("keep experiment %s: %w", e.Key, err)
	}
	return id, nil
}

// turnPair writes a parameter or tag, or removes one that is no more.
func (u *unit) turnPair(table, owner string, id int64, p models.Pair, there bool) error {
	if there {
		return u.setPairs(table, owner, id, []models.Pair{p})
	}
	_, err := u.exec(`DELETE FROM `+table+` WHERE `+owner+` = ? AND key = ?`, id, clean(p.Key))
	return err
}
