package store

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"throughline/models"
)

// Lists, filters and charts of runs ask tables only. What clients log here is
// written to the tables first; of everything else, of mirrored servers and of
// events, the subject's facts come first and the tables follow them.

// takePoints keeps the values of a run's metrics that a description holds, until
// the tables follow. The fact tells which of all descriptions is right.
func (r *subjectRow) takePoints(d models.Description, rank models.Rank) {
	if r.ref.Kind != models.Run {
		return
	}
	for i, m := range d.Points {
		if m.At == 0 {
			d.Points[i].At = d.At.UnixMilli()
		}
	}
	if d.Keep {
		r.points = append(r.points, d.Points...)
	}
	for _, m := range d.Points {
		if r.facts["metric."+m.Key].Rank == rank {
			if r.latest == nil {
				r.latest = map[string]models.Point{}
			}
			r.latest[m.Key] = m.Point
		}
	}
}

// projected brings the tables of a run or experiment after what this write said
// of it.
func (w *wave) projected(row *subjectRow) error {
	if !row.described || w.in.Integration.Here || row.ref.Integration == 0 || row.ref.Integration != w.in.Integration.ID {
		return nil
	}
	if len(row.changed) == 0 && len(row.points) == 0 && len(row.latest) == 0 {
		return nil
	}
	switch row.ref.Kind {
	case models.Experiment:
		return w.projectExperiment(row, row.changed)
	case models.Run:
		return w.projectRun(row, row.changed)
	case models.PipelineRun:
		return w.projectPipeline(row)
	}
	return nil
}

// projectRun writes what changed of a run; all of it when it has no row yet.
func (u *unit) projectRun(row *subjectRow, changed []string) error {
	r := openRun{id: row.id}
	err := u.row(`SELECT loose FROM runs WHERE id = ?`, []any{row.id}, &r.loose)
	if errors.Is(err, sql.ErrNoRows) {
		changed, err = slices.Collect(maps.Keys(row.facts)), nil
	}
	if err != nil {
		return err
	}
	if err := u.projectColumns(row); err != nil {
		return err
	}
	if err := u.projectFacts(row, changed); err != nil {
		return err
	}
	return u.projectHistory(&r, row.points)
}

func (u *unit) projectColumns(row *subjectRow) error {
	experiment, err := u.experimentNamed(row.ref.Integration, models.ExperimentOfFacts(row.facts))
	if err != nil {
		return err
	}
	r := models.RunOfFacts(row.facts)
	_, err = u.exec(`INSERT INTO runs (id, integration_id, key, experiment_id, name, user_name, actor, by_name, status, lifecycle, started_at, ended_at, artifact_uri, logged_at, told_at)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
 ON CONFLICT (id) DO UPDATE SET experiment_id = excluded.experiment_id, name = excluded.name, user_name = excluded.user_name, status = excluded.status, lifecycle = excluded.lifecycle,
  started_at = excluded.started_at, ended_at = excluded.ended_at, artifact_uri = excluded.artifact_uri, logged_at = excluded.logged_at, told_at = excluded.told_at`,
		row.id, row.ref.Integration, row.ref.Key, experiment, clean(r.Name), clean(r.User), u.by.Actor(), u.byName(), r.Status, r.Lifecycle,
		r.Started, r.Ended, clean(r.ArtifactURI), u.at(), u.at())
	if err != nil {
		return fmt.Errorf("columns: %w", err)
	}
	return nil
}

// projectFacts writes parameters, tags and metrics, and removes those that are no more.
func (u *unit) projectFacts(row *subjectRow, changed []string) error {
	for _, name := range slices.Sorted(slices.Values(changed)) {
		if sort, p, ok := models.PairOfFact(row.facts, name); sort != "" {
			if err := u.turnPair("run_"+sort+"s", "run_id", row.id, p, ok); err != nil {
				return err
			}
		} else if m, is, ok := models.MetricOfFact(row.facts, name); is {
			if err := u.setLatest(row, m, ok); err != nil {
				return err
			}
		}
	}
	return u.projectLatest(row, changed)
}

// projectLatest writes the metrics whose value stayed, but not its step or time.
func (u *unit) projectLatest(row *subjectRow, changed []string) error {
	for _, key := range slices.Sorted(maps.Keys(row.latest)) {
		name := "metric." + key
		if slices.Contains(changed, name) {
			continue
		}
		if m, is, ok := models.MetricOfFact(row.facts, name); is {
			if err := u.setLatest(row, m, ok); err != nil {
				return err
			}
		}
	}
	return nil
}

// setLatest writes the present value of a metric with the step and time that it
// has, as far as they are known.
func (u *unit) setLatest(row *subjectRow, m models.Metric, there bool) error {
	if !there {
		_, err := u.exec(`DELETE FROM run_metrics WHERE run_id = ? AND key = ?`, row.id, clean(m.Key))
		return err
	}
	if p, known := row.latest[m.Key]; known {
		m.Point = p
	}
	_, err := u.exec(`INSERT INTO run_metrics (run_id, key, value, nan, step, logged_at) VALUES (?, ?, ?, ?, ?, ?)
 ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value, nan = excluded.nan, step = excluded.step, logged_at = excluded.logged_at`,
		row.id, clean(m.Key), m.Ordinal(), flag(math.IsNaN(m.Value)), m.Step, m.At)
	if err != nil {
		return fmt.Errorf("metric: %w", err)
	}
	return nil
}

// projectHistory adds points to a run's history. One that comes twice is told once
// by those who read.
func (u *unit) projectHistory(r *openRun, points []models.Metric) error {
	if len(points) == 0 {
		return nil
	}
	for i, m := range points {
		points[i].Key = clean(m.Key)
	}
	if err := u.appendChunks(r, byMetric(points)); err != nil {
		return err
	}
	if r.loose >= mostLoose {
		if err := u.mergeChunks(r); err != nil {
			return err
		}
	}
	_, err := u.exec(`UPDATE runs SET loose = ? WHERE id = ?`, r.loose, r.id)
	return err
}
