package store

import (
	"encoding/json"
	"errors"
	"time"

	"throughline/models"
)

// deployment keeps the row of a deployment and works out which deployments of
// its line (environment and model) are in force: of those declared live the last
// one, the earlier ones are superseded. It depends on facts alone, so the order
// of arrival does not matter.
func (w *wave) deployment(row *subjectRow) error {
	d := row.facts.State()
	if row.facts.String("environment") == "" || d.State == "" {
		row.state, row.stateAt = d.State, millis(d.At)
		return nil
	}
	line := deploymentLine{row.facts.String("environment"), row.facts.String("model"), row.facts.String("version"), shareOf(row.facts)}
	if len(row.changed) > 0 {
		if err := w.saveDeployment(row, line, d); err != nil {
			return err
		}
	}
	if line.model == "" {
		row.state, row.stateAt = d.State, millis(d.At)
		return nil
	}
	return w.supersede(row, line, d)
}

type deploymentLine struct {
	environment, model, version string
	share                       float64
}

func shareOf(f models.Facts) float64 {
	var share float64
	if json.Unmarshal(f["share"].Value, &share) != nil || share <= 0 || share > 1 {
		return 1
	}
	return share
}

func (w *wave) saveDeployment(row *subjectRow, l deploymentLine, d models.StateFact) error {
	if l.model != "" {
		if _, err := w.ensure(models.Ref{Kind: models.Model, Key: l.model}); err != nil {
			return err
		}
	}
	_, err := w.exec(`INSERT INTO deployments (subject_id, project_id, environment, model, version, declared, share, deployed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
 ON CONFLICT (subject_id) DO UPDATE SET environment = excluded.environment, model = excluded.model, version = excluded.version,
 declared = excluded.declared, share = excluded.share, deployed_at = excluded.deployed_at`,
		row.id, w.project, l.environment, l.model, l.version, d.State, l.share, millis(d.At))
	if err != nil {
		return err
	}
	id, err := w.ensure(models.Ref{Kind: models.Environment, Key: l.environment})
	if err != nil {
		return err
	}
	return w.show(id, w.project)
}

// ours keeps the deployments that count for a model: those told by the project
// that owns it. Another project's mention of the model only links to it.
const ours = ` JOIN subjects m ON m.kind = 'model' AND m.key = d.model AND (m.home_id = 0 OR m.home_id = d.project_id) `

const lineOrder = ` FROM deployments d JOIN subjects s ON s.id = d.subject_id` + ours + `WHERE d.environment = ? AND d.model = ?`

// supersede sets this deployment's state in force, and touches the others of its
// line whose state may follow from it, with the versions they deploy.
func (w *wave) supersede(row *subjectRow, l deploymentLine, d models.StateFact) error {
	state, since, err := w.inForce(row, l, d)
	if err != nil {
		return err
	}
	changed := state != row.state || millis(since) != row.stateAt
	if changed {
		row.dirty = true
	}
	row.state, row.stateAt = state, millis(since)
	if changed || len(row.changed) > 0 {
		if err := w.save(row); err != nil { // versions ask for it below
			return err
		}
		if err := w.touchLine(row, l, d); err != nil {
			return err
		}
	}
	id, err := w.find(models.Ref{Kind: models.ModelVersion, Key: models.VersionKey(l.model, l.version)})
	if id == 0 || err != nil {
		return err
	}
	return w.touchID(id)
}

// touchLine touches the deployments of the line that this one may change: those
// in force, the one before it, and the last two, one of which is in force again
// when the other was taken back.
func (w *wave) touchLine(row *subjectRow, l deploymentLine, d models.StateFact) error {
	at := millis(d.At)
	return errors.Join(
		w.touchAll(`SELECT s.id`+lineOrder+` AND d.declared = 'live' AND s.state = 'live'`, l.environment, l.model),
		w.touchAll(`SELECT s.id`+lineOrder+` AND d.declared = 'live' AND s.id <> ? AND (d.deployed_at < ? OR d.deployed_at = ? AND s.key < ?)
 ORDER BY d.deployed_at DESC, s.key DESC LIMIT 1`, l.environment, l.model, row.id, at, at, row.ref.Key),
		w.touchAll(`SELECT s.id`+lineOrder+` AND d.declared = 'live' AND d.share >= 1 ORDER BY d.deployed_at DESC, s.key DESC LIMIT 2`,
			l.environment, l.model))
}

// foreign tells whether a deployment names another project's model.
func (w *wave) foreign(deployment int64) (bool, error) {
	var counts int
	err := w.row(`SELECT COUNT(*) FROM deployments d`+ours+`WHERE d.subject_id = ?`, []any{deployment}, &counts)
	return counts == 0, err
}

// inForce is the state of a deployment among those of its line.
func (w *wave) inForce(row *subjectRow, l deploymentLine, d models.StateFact) (models.State, time.Time, error) {
	if d.State != models.Live {
		return d.State, d.At, nil
	}
	if foreign, err := w.foreign(row.id); foreign || err != nil {
		return d.State, d.At, err
	}
	var next int64
	err := w.row(`SELECT COALESCE(MIN(d.deployed_at), 0)`+lineOrder+` AND d.declared = 'live' AND d.share >= 1 AND s.id <> ?
 AND (d.deployed_at > ? OR d.deployed_at = ? AND s.key > ?)`,
		[]any{l.environment, l.model, row.id, millis(d.At), millis(d.At), row.ref.Key}, &next)
	if err != nil || next == 0 {
		return models.Live, d.At, err
	}
	return models.Superseded, moment(next), nil
}

// versionState is what sources declared of a version, unless a deployment says
// more: it is live while one that serves is live, and retired once all that
// served were superseded or taken back.
func (w *wave) versionState(row *subjectRow) error {
	declared := row.facts.State()
	state, at := declared.State, millis(declared.At)
	name, version, ok := models.SplitVersion(row.ref.Key)
	if ok {
		s, since, by, err := w.served(name, version)
		if err != nil {
			return err
		}
		if s != "" && declared.State != models.Retired {
			state, at = s, since
			if row.cause, err = w.stateOf(by); err != nil {
				return err
			}
			row.cause.At = moment(since)
		}
	}
	if state == "" && row.described {
		state = models.Registered
	}
	if f := row.facts["deleted"]; row.facts.True("deleted") { // in its registry: whatever serves it, it is not to be had any more
		state, at = models.Retired, f.Rank.At
	}
	if state != row.state || at != row.stateAt {
		row.dirty = true
		row.state, row.stateAt = state, at
	}
	parent, ok := parentOf(row.ref)
	if !ok || !row.described {
		return nil
	}
	id, err := w.ensure(parent)
	if err != nil {
		return err
	}
	return w.touchID(id)
}

// served tells what the deployments of a version in serving environments make of
// it: live, retired, or nothing; since when, and which deployment decides.
func (w *wave) served(model, version string) (state models.State, since, by int64, err error) {
	rows, err := w.query(`SELECT s.id, d.environment, s.state, s.state_at FROM deployments d JOIN subjects s ON s.id = d.subject_id`+ours+`
 WHERE d.model = ? AND d.version = ? ORDER BY s.state_at, s.key`, model, version)
	if err != nil {
		return "", 0, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var environment, s string
		var id, at int64
		if err := rows.Scan(&id, &environment, &s, &at); err != nil {
			return "", 0, 0, err
		}
		if !models.Serving(environment) || state == models.Live {
			continue
		}
		switch models.State(s) {
		case models.Live:
			state, since, by = models.Live, at, id
		case models.Superseded, models.RolledBack, models.Removed:
			state, since, by = models.Retired, at, id
		}
	}
	return state, since, by, rows.Err()
}

// stateOf is what gave a subject the state that its source declared.
func (w *wave) stateOf(id int64) (models.StateFact, error) {
	row, err := w.load(id)
	if err != nil {
		return models.StateFact{}, err
	}
	return row.facts.State(), nil
}
