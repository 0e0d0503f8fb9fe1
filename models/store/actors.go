package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// NamesOf are the names that actors such as "person:3" and "token:7" have now;
// one that is not known stands for itself.
func (s *Store) NamesOf(ctx context.Context, actors []string) (map[string]string, error) {
	out := make(map[string]string, len(actors))
	of := map[string][]int64{}
	for _, a := range actors {
		kind, text, _ := strings.Cut(a, ":")
		if id, err := strconv.ParseInt(text, 10, 64); err == nil && out[a] == "" {
			of[kind] = append(of[kind], id)
		}
		out[a] = a
	}
	for kind, q := range map[string]string{ // #nosec G101 -- names of columns
		"person": `SELECT id, name FROM people WHERE id IN `, "token": `SELECT id, name FROM tokens WHERE id IN `,
		"integration": `SELECT id, source || '/' || name FROM integrations WHERE id IN `} {
		if err := s.nameThem(ctx, out, kind, q, of[kind]); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (s *Store) nameThem(ctx context.Context, out map[string]string, kind, q string, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	type one struct {
		id   int64
		name string
	}
	rows, err := s.query(ctx, q+`(`+marks(len(ids))+`)`, ints(ids)...)
	list, err := all(rows, err, func(r *sql.Rows, o *one) error { return r.Scan(&o.id, &o.name) })
	for _, o := range list {
		out[kind+":"+itoa(o.id)] = o.name
	}
	return err
}
