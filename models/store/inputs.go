package store

import (
	"context"
	"database/sql"
	"fmt"

	"throughline/models"
)

// logInputs notes which datasets a run read. A dataset is the same for a whole
// experiment when name and digest are; a use of it is noted once.
func (u *unit) logInputs(r openRun, inputs []models.RunInput) error {
	for _, in := range inputs {
		id, err := u.inputDataset(r.experiment, in.Dataset)
		if err != nil {
			return err
		}
		_, err = u.exec(`INSERT INTO run_inputs (run_id, dataset_id, tags) VALUES (?, ?, ?) ON CONFLICT (run_id, dataset_id) DO NOTHING`, r.id, id, clean(encode(orNone(in.Tags))))
		if err != nil {
			return fmt.Errorf("log input: %w", err)
		}
	}
	return nil
}

func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (u *unit) inputDataset(experiment int64, d models.RunDataset) (id int64, err error) {
	_, err = u.exec(`INSERT INTO input_datasets (experiment_id, name, digest, source_type, source, schema, profile) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (experiment_id, name, digest) DO NOTHING`,
		experiment, clean(d.Name), clean(d.Digest), clean(d.SourceType), clean(d.Source), clean(d.Schema), clean(d.Profile))
	if err != nil {
		return 0, fmt.Errorf("keep dataset: %w", err)
	}
	err = u.row(`SELECT id FROM input_datasets WHERE experiment_id = ? AND name = ? AND digest = ?`, []any{experiment, clean(d.Name), clean(d.Digest)}, &id)
	return id, err
}

// inputsOf reads the inputs of many runs, in the order in which they were logged.
func (s *Store) inputsOf(ctx context.Context, ids []int64, each func(id int64, in models.RunInput)) error {
	return inGroups(ids, func(group []int64) error {
		rows, err := s.query(ctx, `SELECT i.run_id, i.tags, d.name, d.digest, d.source_type, d.source, d.schema, d.profile
 FROM run_inputs i JOIN input_datasets d ON d.id = i.dataset_id WHERE i.run_id IN (`+marks(len(group))+`) ORDER BY i.run_id, i.id`, ints(group)...)
		_, err = all(rows, err, func(r *sql.Rows, _ *struct{}) error {
			id, in, err := scanInput(r)
			each(id, in)
			return err
		})
		return err
	})
}

func scanInput(r *sql.Rows) (id int64, in models.RunInput, err error) {
	var tags string
	d := &in.Dataset
	err = r.Scan(&id, &tags, &d.Name, &d.Digest, &d.SourceType, &d.Source, &d.Schema, &d.Profile)
	decode(tags, &in.Tags)
	return id, in, err
}
