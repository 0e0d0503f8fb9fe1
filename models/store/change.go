package store

import (
	"database/sql"
	"errors"
	"fmt"
)

// as is one row before a change, by the names of its columns; empty when there is
// none yet. Select only what may stand in the activity: no secrets, no addresses.
func (u *unit) as(q string, args ...any) (map[string]any, error) {
	rows, err := u.query(q+" LIMIT 1", args...)
	if err != nil {
		return nil, fmt.Errorf("read what was before: %w", err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil || !rows.Next() {
		return map[string]any{}, errors.Join(err, rows.Err())
	}
	values := make([]sql.NullString, len(names))
	into := make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	err = rows.Scan(into...)
	out := make(map[string]any, len(names))
	for i, name := range names {
		out[name] = values[i].String
	}
	return out, errors.Join(err, rows.Close())
}

// changed adds to the detail of an activity what was before and is now, of those
// things that differ.
func changed(detail, from, to map[string]any) map[string]any {
	was, is := map[string]any{}, map[string]any{}
	for name, now := range to {
		if before, known := from[name]; encode(before) != encode(now) && (known || !nothing(now)) {
			was[name], is[name] = before, now
		}
	}
	for name, before := range from {
		if _, both := to[name]; !both && !nothing(before) {
			was[name], is[name] = before, nil
		}
	}
	if len(is) > 0 {
		detail["from"], detail["to"] = was, is
	}
	return detail
}

func nothing(v any) bool { return v == nil || v == "" }
