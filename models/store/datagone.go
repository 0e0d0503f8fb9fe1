package store

import (
	"context"
	"slices"
	"time"

	"throughline/models"
)

// itself is the program, where nobody asked for what it does.
var itself = models.Principal{Name: "Throughline", Hub: models.Administrator}

// NoteGone records the planned changes that have happened: the columns that they
// announce to go are not in a version that came after the announcement. It returns
// how many it noted.
func (s *Store) NoteGone(ctx context.Context) (n int, err error) {
	rows, err := s.query(ctx, changeSelect+` WHERE c.state = 'planned' AND c.kind IN ('column_removed', 'column_renamed')`)
	list, err := all(rows, err, scanChange)
	if err != nil {
		return 0, err
	}
	for _, c := range list {
		version, gone, err := s.goneFrom(ctx, c)
		if err != nil {
			return n, err
		}
		if !gone {
			continue
		}
		evidence := map[string]any{"version": version.Subject.Ref.Key, "early": s.now().Before(c.On.Truncate(24 * time.Hour))}
		if err := s.write(ctx, itself, func(u *unit) error { return u.endChange(c.ID, c.Dataset.ID, models.ChangeHappened, evidence) }); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// goneFrom is the version from which the columns of a change are gone: the newest
// whose columns are known, if it came after the announcement.
func (s *Store) goneFrom(ctx context.Context, c models.DataChange) (v models.DataVersion, gone bool, err error) {
	found, err := s.byID(ctx, itself, []int64{c.Dataset.ID})
	dataset, known := found[c.Dataset.ID]
	if err != nil || !known || len(c.Columns) == 0 {
		return v, false, err
	}
	sheet, err := s.DataSheet(ctx, itself, dataset)
	i := slices.IndexFunc(sheet.Versions, func(v models.DataVersion) bool { return len(v.Schema) > 0 })
	if err != nil || i < 0 || !sheet.Versions[i].Taken.After(c.At) {
		return v, false, err
	}
	v = sheet.Versions[i]
	has := func(column string) bool {
		return slices.ContainsFunc(v.Schema, func(f models.Field) bool { return f.Name == column })
	}
	return v, !slices.ContainsFunc(c.Columns, has), nil
}
