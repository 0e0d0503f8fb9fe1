package store

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"throughline/models"
)

// evaluate works out what follows from the subjects touched, in the order in
// which one thing follows from another: commits (their checks) → pull requests,
// deployments (what they supersede) → model versions → models → the rest.
func (w *wave) evaluate() error {
	steps := []struct {
		kind models.Kind
		do   func(*subjectRow) error
	}{
		{models.Commit, w.commitChecks}, {models.Commit, w.commitNamed}, {models.Commit, w.commitRuns}, {models.Run, w.runCommits},
		{models.PullRequest, w.pullRequestChecks}, {models.PullRequest, w.named}, {models.Task, w.taskState},
		{models.Deployment, w.deployment}, {models.ModelVersion, w.versionState},
	}
	if err := w.describeMade(); err != nil {
		return err
	}
	for _, step := range steps {
		for i := 0; i < len(w.touched); i++ { // a step may touch more
			if row := w.rows[w.touched[i]]; row.ref.Kind == step.kind {
				if err := step.do(row); err != nil {
					return fmt.Errorf("evaluate %s %s: %w", row.ref.Kind, row.ref.Key, err)
				}
			}
		}
	}
	for i := 0; i < len(w.touched); i++ {
		if err := w.finish(w.rows[w.touched[i]]); err != nil {
			return err
		}
	}
	return nil
}

// describeMade gives datasets and their versions a place in lists and search as
// soon as a link names them: no source describes them otherwise.
func (w *wave) describeMade() error {
	for _, id := range w.made {
		row, err := w.load(id)
		if err != nil {
			return err
		}
		row.described, row.dirty = true, true
		row.upstreamAt = max(row.upstreamAt, newest(w.in.Batch))
		w.touch(row)
	}
	w.made = nil
	return nil
}

// touchID loads a subject and notes that it has to be evaluated.
func (w *wave) touchID(id int64) error {
	row, err := w.load(id)
	if err == nil {
		w.touch(row)
	}
	return err
}

// touchAll touches what a query of ids names.
func (w *wave) touchAll(q string, args ...any) error {
	rows, err := w.query(q, args...)
	ids, err := all(rows, err, func(r *sql.Rows, id *int64) error { return r.Scan(id) })
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := w.touchID(id); err != nil {
			return err
		}
	}
	return nil
}

// commitChecks passes news of a commit's checks on to its pull requests.
func (w *wave) commitChecks(row *subjectRow) error {
	if !slices.ContainsFunc(row.changed, func(name string) bool { return strings.HasPrefix(name, "check.") }) {
		return nil
	}
	return w.touchAll(`SELECT from_id FROM links WHERE to_id = ? AND relation = ? AND until_at = 0`, row.id, models.Contains)
}

// pullRequestChecks sums up the checks of a pull request's newest commit.
func (w *wave) pullRequestChecks(row *subjectRow) error {
	key := models.CommitKey(row.facts.String("repository"), row.facts.String("head_sha"))
	if key == "" {
		return nil
	}
	id, err := w.find(models.Ref{Kind: models.Commit, Key: key})
	if id == 0 || err != nil {
		return err
	}
	commit, err := w.load(id)
	if err != nil {
		return err
	}
	if sum := models.SumChecks(commit.facts); sum != row.checks {
		row.checks, row.dirty = sum, true
	}
	return nil
}

// finish puts a subject's state in force, records that it changed, saves it and
// brings its cards up to date.
func (w *wave) finish(row *subjectRow) error {
	declared := row.facts.State()
	switch row.ref.Kind {
	case models.Deployment, models.ModelVersion, models.Task: // evaluated already
	default:
		row.state, row.stateAt = declared.State, millis(declared.At)
		row.deletedRun()
	}
	row.raw = declared.Raw
	if err := w.projected(row); err != nil {
		return fmt.Errorf("project %s %s: %w", row.ref.Kind, row.ref.Key, err)
	}
	same := len(row.changed) == 0 && !row.dirty
	if same && row.ref.Kind != models.Model { // a model's card depends on its versions
		return w.saveRanks(row)
	}
	moved, err := w.place(row)
	if err != nil {
		return fmt.Errorf("place %s %s: %w", row.ref.Kind, row.ref.Key, err)
	}
	if same {
		return w.saveRanks(row)
	}
	if row.seq, err = w.record(w.project, row.id, "subject.changed", w.detail(row, moved)); err != nil {
		return err
	}
	return w.save(row)
}

// deletedRun ends a run that its source deleted while it went on: nobody will tell
// of its end.
func (r *subjectRow) deletedRun() {
	if r.ref.Kind == models.Run && !r.state.Terminal() && r.facts.True("deleted") {
		r.state, r.stateAt = models.Cancelled, r.facts["deleted"].Rank.At
	}
}

func (w *wave) detail(row *subjectRow, moved map[string]any) map[string]any {
	d := map[string]any{"event": w.in.Name, "changed": row.changed}
	if w.in.Integration.ID != 0 {
		d["source"] = w.in.Integration.Label()
	}
	if w.delivery != 0 {
		d["delivery"] = w.delivery
	}
	if row.state != "" {
		d["state"] = row.state
	}
	for k, v := range moved {
		d[k] = v
	}
	return d
}
