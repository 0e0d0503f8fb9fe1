package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"throughline/models"
)

// Logged is what one call logs to a run. All of it is kept, or nothing.
type Logged struct {
	Metrics []models.Metric // in the client's order; sending one twice keeps it once
	Params  []models.Pair   // written once: another value is refused
	Single  bool            // the call was for one parameter: the refusal says so in its words
	Tags    []models.Pair   // written over
	Remove  []string        // tags to take off
	Inputs  []models.RunInput
	Models  []ModelMetric // the metrics that are of a logged model
	Used    []models.RunModel
}

// ModelMetric is a metric with the logged model, and the data, that it is about.
type ModelMetric struct {
	models.Metric
	Model                      string // its key
	DatasetName, DatasetDigest string
}

// Log keeps what a client logged, on disk when it returns. Its subject, and so
// boards and pages of it, follow within seconds (Tell).
func (s *Store) Log(ctx context.Context, by models.Principal, sp Space, run string, l Logged) error {
	return s.write(ctx, by, func(u *unit) error {
		r, err := u.openRun(sp, run, true)
		if err != nil {
			return err
		}
		if err := u.logParams(r, run, l); err != nil {
			return err
		}
		if err := u.logTags(&r, run, l); err != nil {
			return err
		}
		if err := u.logMetrics(&r, l.Metrics); err != nil {
			return err
		}
		if err := u.logModelMetrics(sp, run, l.Models); err != nil {
			return err
		}
		if err := u.logInputs(r, l.Inputs); err != nil {
			return err
		}
		if err := u.logRunModels(r, l.Used); err != nil {
			return err
		}
		_, err = u.exec(`UPDATE runs SET name = ?, loose = ?`+loggedNow+` WHERE id = ?`, clean(r.name), r.loose, u.at(), u.at(), r.id)
		return err
	})
}

func (u *unit) logParams(r openRun, run string, l Logged) error {
	var refused []string
	for _, p := range l.Params {
		p = models.Pair{Key: clean(p.Key), Value: clean(p.Value)}
		done, err := u.exec(`INSERT INTO run_params (run_id, key, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, r.id, p.Key, p.Value)
		if err != nil {
			return fmt.Errorf("log param: %w", err)
		}
		if n, _ := done.RowsAffected(); n == 1 {
			continue
		}
		var old string
		if err := u.row(`SELECT value FROM run_params WHERE run_id = ? AND key = ?`, []any{r.id, p.Key}, &old); err != nil {
			return err
		}
		if old == p.Value {
			continue
		}
		if l.Single {
			return models.Errorf(models.Invalid, "Changing param values is not allowed. Param with key='%s' was already logged with value='%s' for run ID='%s'. Attempted logging new value '%s'.", p.Key, old, run, p.Value)
		}
		refused = append(refused, fmt.Sprintf("{'key': '%s', 'old_value': '%s', 'new_value': '%s'}", p.Key, old, p.Value))
	}
	if len(refused) == 0 {
		return nil
	}
	return models.Errorf(models.Invalid, "Changing param values is not allowed. Params were already logged='[%s]' for run ID='%s'.", strings.Join(refused, ", "), run)
}

// logTags sets and removes tags; the tag of the run's name renames it.
func (u *unit) logTags(r *openRun, run string, l Logged) error {
	if err := u.setPairs("run_tags", "run_id", r.id, l.Tags); err != nil {
		return err
	}
	for _, t := range l.Tags {
		if t.Key == "mlflow.runName" && strings.TrimSpace(t.Value) != "" {
			r.name = t.Value
		}
	}
	for _, name := range l.Remove {
		if err := u.dropPair("run_tags", "run_id", r.id, name, "No tag with name: %s in run with id %s", run); err != nil {
			return err
		}
	}
	return nil
}

// AppendTag adds a value to a tag that is a JSON list, unless its end says it already.
func (s *Store) AppendTag(ctx context.Context, by models.Principal, sp Space, run, key string, value json.RawMessage) error {
	return s.write(ctx, by, func(u *unit) error {
		r, err := u.openRun(sp, run, true)
		if err != nil {
			return err
		}
		var text string
		err = u.row(`SELECT value FROM run_tags WHERE run_id = ? AND key = ?`, []any{r.id, key}, &text)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		var list []json.RawMessage
		decode(text, &list)
		if n := len(list); n > 0 && bytes.Equal(compacted(list[n-1]), compacted(value)) {
			return errNothing // the client repeats itself
		}
		if err := u.setPairs("run_tags", "run_id", r.id, []models.Pair{{Key: key, Value: encode(append(list, value))}}); err != nil {
			return err
		}
		_, err = u.exec(`UPDATE runs SET name = name`+loggedNow+` WHERE id = ?`, u.at(), u.at(), r.id)
		return err
	})
}

func compacted(text json.RawMessage) []byte {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return text
	}
	return b.Bytes()
}
