package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"throughline/models"
)

const loggedColumns = `l.id, l.integration_id, l.key, e.key, l.name, l.model_type, l.source_run, l.status, l.artifact_uri, l.lifecycle, l.created_at, l.updated_at`

func scanLogged(r *sql.Rows, l *models.LoggedModel) error {
	return r.Scan(&l.ID, &l.Integration, &l.Key, &l.Experiment, &l.Name, &l.Type, &l.SourceRun, &l.Status, &l.ArtifactURI, &l.Lifecycle, &l.Created, &l.Updated)
}

func readLogged(ask reader, sp Space, key string, deleted bool) (models.LoggedModel, error) {
	q := `SELECT ` + loggedColumns + ` FROM logged_models l JOIN experiments e ON e.id = l.experiment_id WHERE l.integration_id = ? AND l.key = ?`
	if !deleted {
		q += ` AND l.lifecycle = 'active'`
	}
	rows, err := ask(q, sp.Integration.ID, key)
	list, err := all(rows, err, scanLogged)
	if err != nil {
		return models.LoggedModel{}, err
	}
	if len(list) == 0 {
		return models.LoggedModel{}, models.Errorf(models.NotFound, "Logged model with ID '%s' not found.", shorten(key))
	}
	return list[0], nil
}

// LoggedModel is a logged model of a space by its key, with all that is known of it;
// a deleted one only where that is asked for.
func (s *Store) LoggedModel(ctx context.Context, sp Space, key string, deleted bool) (models.LoggedModel, error) {
	l, err := readLogged(s.asks(ctx), sp, key, deleted)
	if err != nil {
		return l, err
	}
	list := []models.LoggedModel{l}
	err = dressLogged(s.asks(ctx), list)
	return list[0], err
}

// dressLogged adds params, tags and metrics to logged models.
func dressLogged(ask reader, list []models.LoggedModel) error {
	at, ids := make(map[int64]*models.LoggedModel, len(list)), make([]int64, len(list))
	for n := range list {
		at[list[n].ID], ids[n] = &list[n], list[n].ID
	}
	return inGroups(ids, func(group []int64) error {
		in := ` IN (` + marks(len(group)) + `) ORDER BY 1, 2`
		rows, err := ask(`SELECT model_id, key, value FROM logged_model_params WHERE model_id`+in, ints(group)...)
		params, err := all(rows, err, scanOwned)
		if err != nil {
			return err
		}
		rows, err = ask(`SELECT model_id, key, value FROM logged_model_tags WHERE model_id`+in, ints(group)...)
		tags, err := all(rows, err, scanOwned)
		if err != nil {
			return err
		}
		for _, p := range params {
			at[p.id].Params = append(at[p.id].Params, p.pair)
		}
		for _, t := range tags {
			at[t.id].Tags = append(at[t.id].Tags, t.pair)
		}
		rows, err = ask(`SELECT model_id, id, run_key, key, value, nan, step, logged_at, dataset_name, dataset_digest FROM logged_model_metrics WHERE model_id`+in, ints(group)...)
		_, err = all(rows, err, func(r *sql.Rows, _ *struct{}) error {
			id, m, err := scanLoggedMetric(r)
			at[id].Metrics = append(at[id].Metrics, m)
			return err
		})
		return err
	})
}

func scanOwned(r *sql.Rows, o *owned) error { return r.Scan(&o.id, &o.pair.Key, &o.pair.Value) }

func scanLoggedMetric(r *sql.Rows) (model int64, m models.LoggedMetric, err error) {
	var id int64
	var nan bool
	err = r.Scan(&model, &id, &m.Run, &m.Key, &m.Value, &nan, &m.Step, &m.At, &m.DatasetName, &m.DatasetDigest)
	if nan {
		m.Value = math.NaN()
	}
	return model, m, err
}

// NewLoggedModel is a logged model to be made, as the client wants it.
type NewLoggedModel struct {
	Experiment, Name, Type string
	SourceRun              string
	Params, Tags           []models.Pair
	Key                    string // m- and 32 hexadecimal digits, made by the caller
	Call                   string // a mark of the call, which clients repeat; empty: it is not remembered
}

// CreateLoggedModel makes a logged model. The same call a second time finds the one
// of the first.
func (s *Store) CreateLoggedModel(ctx context.Context, by models.Principal, sp Space, n NewLoggedModel) (models.LoggedModel, error) {
	key := n.Key
	err := s.write(ctx, by, func(u *unit) error {
		made, err := u.reply(n.Call)
		if made != "" || err != nil {
			key = made
			return err
		}
		if err := u.makeLogged(sp, n); err != nil {
			return err
		}
		return u.keepReply(n.Call, n.Key, rememberVersions)
	})
	if err != nil {
		return models.LoggedModel{}, err
	}
	return s.LoggedModel(ctx, sp, key, true)
}

func (u *unit) makeLogged(sp Space, n NewLoggedModel) error {
	e, err := u.experiment(sp, n.Experiment)
	if err != nil {
		return err
	}
	if err := active("experiment", e.Key, e.Lifecycle); err != nil {
		return err
	}
	id, err := u.insert(`INSERT INTO logged_models (integration_id, key, experiment_id, name, model_type, source_run, artifact_uri, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		sp.Integration.ID, n.Key, e.ID, clean(n.Name), clean(n.Type), clean(n.SourceRun), e.ArtifactLocation+"/models/"+n.Key+"/artifacts", u.at(), u.at())
	if err != nil {
		return fmt.Errorf("make logged model: %w", err)
	}
	if err := u.setPairs("logged_model_params", "model_id", id, n.Params); err != nil {
		return err
	}
	if err := u.setPairs("logged_model_tags", "model_id", id, n.Tags); err != nil {
		return err
	}
	return u.noteLogged(sp, n.SourceRun, "logged_model.created", n.Key)
}

// noteLogged writes what happened to a logged model into the activity, at the run
// that made it.
func (u *unit) noteLogged(sp Space, run, action, key string) error {
	subject := int64(0)
	if run != "" {
		id, err := u.find(models.Ref{Kind: models.Run, Key: run, Integration: sp.Integration.ID})
		if err != nil {
			return err
		}
		subject = id
	}
	_, err := u.record(sp.Project.ID, subject, action, map[string]any{"logged_model": key})
	return err
}

// changeLogged changes a logged model, deleted ones too as the reference does.
func (s *Store) changeLogged(ctx context.Context, by models.Principal, sp Space, key, action string, change func(u *unit, l models.LoggedModel) error) error {
	return s.write(ctx, by, func(u *unit) error {
		l, err := readLogged(u.query, sp, key, true)
		if err != nil {
			return err
		}
		if err := change(u, l); err != nil {
			return err
		}
		return u.noteLogged(sp, l.SourceRun, action, key)
	})
}

// FinishLoggedModel says that the files of a logged model are complete, or that they
// failed.
func (s *Store) FinishLoggedModel(ctx context.Context, by models.Principal, sp Space, key, status string) (models.LoggedModel, error) {
	err := s.changeLogged(ctx, by, sp, key, "logged_model.finished", func(u *unit, l models.LoggedModel) error {
		_, err := u.exec(`UPDATE logged_models SET status = ?, updated_at = ? WHERE id = ?`, status, u.at(), l.ID)
		return err
	})
	if err != nil {
		return models.LoggedModel{}, err
	}
	return s.LoggedModel(ctx, sp, key, true)
}

// ParamLoggedModel adds parameters to a logged model; the same ones again are no-ops.
func (s *Store) ParamLoggedModel(ctx context.Context, by models.Principal, sp Space, key string, params []models.Pair) error {
	return s.changeLogged(ctx, by, sp, key, "logged_model.changed", func(u *unit, l models.LoggedModel) error {
		before, err := u.pairs(`SELECT key, value FROM logged_model_params WHERE model_id = ?`, l.ID)
		if err != nil {
			return err
		}
		for _, p := range params {
			for _, b := range before {
				if b.Key == p.Key && b.Value != p.Value {
					return models.Errorf(models.Invalid, "Changing param values is not allowed. Param with key='%s' was already logged with value='%s' for logged model '%s'.", p.Key, b.Value, key)
				}
			}
		}
		return u.setPairs("logged_model_params", "model_id", l.ID, params)
	})
}

// TagLoggedModel sets tags of a logged model, or takes one off: remove is its key.
func (s *Store) TagLoggedModel(ctx context.Context, by models.Principal, sp Space, key string, set []models.Pair, remove string) error {
	return s.changeLogged(ctx, by, sp, key, "logged_model.changed", func(u *unit, l models.LoggedModel) error {
		if remove != "" {
			return u.dropPair("logged_model_tags", "model_id", l.ID, remove, "No tag with key '%s' found for model with ID '%s'.", key)
		}
		return u.setPairs("logged_model_tags", "model_id", l.ID, set)
	})
}

// DeleteLoggedModel marks a logged model as deleted; registered versions of it stay.
func (s *Store) DeleteLoggedModel(ctx context.Context, by models.Principal, sp Space, key string) error {
	return s.changeLogged(ctx, by, sp, key, "logged_model.deleted", func(u *unit, l models.LoggedModel) error {
		_, err := u.exec(`UPDATE logged_models SET lifecycle = 'deleted', updated_at = ? WHERE id = ?`, u.at(), l.ID)
		return err
	})
}

// logRunModels notes which logged models a run made or read, each once.
func (u *unit) logRunModels(r openRun, list []models.RunModel) error {
	for _, m := range list {
		_, err := u.exec(`INSERT INTO run_models (run_id, model, input, step) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, r.id, clean(m.Model), flag(m.Input), m.Step)
		if err != nil {
			return fmt.Errorf("log models of a run: %w", err)
		}
	}
	return nil
}

// logModelMetrics keeps the metrics that are of logged models, with the model. One
// that is not of the space is left out: the run has the metric all the same.
func (u *unit) logModelMetrics(sp Space, run string, list []ModelMetric) error {
	known := map[string]int64{}
	for _, m := range list {
		id, asked := known[m.Model]
		if !asked {
			err := u.row(`SELECT id FROM logged_models WHERE integration_id = ? AND key = ?`, []any{sp.Integration.ID, m.Model}, &id)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			known[m.Model] = id
		}
		if id == 0 {
			continue
		}
		_, err := u.exec(`INSERT INTO logged_model_metrics (model_id, run_key, key, value, nan, step, logged_at, dataset_name, dataset_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			id, run, clean(m.Key), m.Ordinal(), flag(m.Value != m.Value), m.Step, m.At, clean(m.DatasetName), clean(m.DatasetDigest))
		if err != nil {
			return fmt.Errorf("log metric of a model: %w", err)
		}
	}
	return nil
}

// versionsTag is where a logged model names what it was registered as.
const versionsTag = "mlflow.modelVersions"

// tagLogged notes on the logged model what it was registered as, as the reference
// writes it.
func (u *unit) tagLogged(sp Space, v models.RegisteredVersion) error {
	if v.LoggedModel == "" || v.CopiedFrom != "" {
		return nil
	}
	l, err := readLogged(u.query, sp, v.LoggedModel, true)
	if models.CodeOf(err) == models.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	list := []json.RawMessage{}
	tags, err := u.pairs(`SELECT key, value FROM logged_model_tags WHERE model_id = ? AND key = ?`, l.ID, versionsTag)
	if err != nil {
		return err
	}
	for _, t := range tags {
		_ = json.Unmarshal([]byte(t.Value), &list)
	}
	name, _ := json.Marshal(v.Model)
	list = append(list, json.RawMessage(`{"name": `+string(name)+`, "version": `+itoa(v.Version)+`}`))
	return u.setPairs("logged_model_tags", "model_id", l.ID, []models.Pair{{Key: versionsTag, Value: joined(list)}})
}

// joined is a JSON list as Python writes it.
func joined(list []json.RawMessage) string {
	texts := make([]string, len(list))
	for n, one := range list {
		texts[n] = string(one)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}
