package store

import (
	"context"
	"database/sql"
	"fmt"

	"throughline/models"
)

// Parameters and tags are rows (owner, key, value) of tables of their own. The
// names of tables and columns below are constants of this package.

// setPairs writes pairs over what is there.
func (u *unit) setPairs(table, owner string, id int64, pairs []models.Pair) error {
	for _, p := range pairs {
		_, err := u.exec(`INSERT INTO `+table+` (`+owner+`, key, value) VALUES (?, ?, ?) ON CONFLICT (`+owner+`, key) DO UPDATE SET value = excluded.value`,
			id, clean(p.Key), clean(p.Value))
		if err != nil {
			return fmt.Errorf("set %s: %w", table, err)
		}
	}
	return nil
}

// dropPair removes a pair; absent is the sentence when there is none, with its
// key and of whom.
func (u *unit) dropPair(table, owner string, id int64, key, absent, of string) error {
	done, err := u.exec(`DELETE FROM `+table+` WHERE `+owner+` = ? AND key = ?`, id, key)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return models.Errorf(models.NotFound, absent, key, of)
}

// manyAtOnce is how many owners one question asks for: SQLite and PostgreSQL bound
// the number of values.
const manyAtOnce = 500

type owned struct {
	id   int64
	pair models.Pair
}

// pairsOf reads the pairs of many owners, by key. q ends before IN.
func (s *Store) pairsOf(ctx context.Context, q string, ids []int64, each func(id int64, p models.Pair)) error {
	return inGroups(ids, func(group []int64) error {
		rows, err := s.query(ctx, q+` IN (`+marks(len(group))+`) ORDER BY 1, 2`, ints(group)...)
		list, err := all(rows, err, func(r *sql.Rows, o *owned) error { return r.Scan(&o.id, &o.pair.Key, &o.pair.Value) })
		for _, o := range list {
			each(o.id, o.pair)
		}
		return err
	})
}

// inGroups calls do for a few ids after the other.
func inGroups(ids []int64, do func([]int64) error) error {
	for len(ids) > 0 {
		n := min(len(ids), manyAtOnce)
		if err := do(ids[:n]); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}
