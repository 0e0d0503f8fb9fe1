package store

import (
	"fmt"

	"throughline/models"
)

// projectPipeline writes the row that lists of pipeline runs ask for.
func (u *unit) projectPipeline(row *subjectRow) error {
	source, err := u.sourceOf(row.ref.Integration)
	if err != nil {
		return err
	}
	p := models.PipelineOfFacts(row.facts, source)
	started := millis(p.Started)
	if started == 0 {
		started = row.upstreamAt // nobody said when: it stands where it was heard of
	}
	cause := ""
	if row.facts.State().State == models.Failed {
		cause = p.Cause()
	}
	_, err = u.exec(`INSERT INTO pipeline_runs (id, integration_id, system, pipeline, number, branch, actor_name, state, attempt, started_at, ended_at, took, steps, step, error, cause)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
 ON CONFLICT (id) DO UPDATE SET system = excluded.system, pipeline = excluded.pipeline, number = excluded.number, branch = excluded.branch, actor_name = excluded.actor_name, state = excluded.state,
  attempt = excluded.attempt, started_at = excluded.started_at, ended_at = excluded.ended_at, took = excluded.took, steps = excluded.steps, step = excluded.step, error = excluded.error, cause = excluded.cause`,
		row.id, row.ref.Integration, clean(p.System), cut(clean(p.Pipeline), 300), cut(clean(p.Number), 50), cut(clean(p.Branch), 300), cut(clean(p.Actor), 200), row.facts.State().State, p.Attempt,
		started, millis(p.Ended), p.Took().Milliseconds(), p.Steps, cut(clean(p.Step), 300), cut(clean(p.Error), 2000), clean(cause))
	if err != nil {
		return fmt.Errorf("row of the pipeline run: %w", err)
	}
	return u.clearClaims(row, p)
}

// sourceOf is the name of an integration's source.
func (u *unit) sourceOf(integration int64) (source string, err error) {
	err = u.row(`SELECT source FROM integrations WHERE id = ?`, []any{integration}, &source)
	return source, err
}
