package store

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"throughline/models"
	"throughline/models/chain"
)

// wording are the columns of a row of activity that may hold a person's data.
type wording struct {
	byName string
	detail string // JSON
}

// vouchedAtOnce is how many rows one row vouches for.
const vouchedAtOnce = 500

// redact gives old rows of activity, by their numbers, other words, and records
// rows that vouch for what is left of them, so that the chain still verifies: the
// first with the given action, one of chain.Vouching, and detail, more of them as
// activity.redacted where there are many. It records one row even for no rows.
func (u *unit) redact(action string, detail map[string]any, rows map[int64]wording) error {
	if !chain.Vouches(action) {
		return fmt.Errorf("%s does not vouch for redacted rows", action)
	}
	parts := slices.Collect(slices.Chunk(slices.Sorted(maps.Keys(rows)), vouchedAtOnce))
	if len(parts) == 0 {
		parts = [][]int64{nil}
	}
	for _, part := range parts {
		seals, err := u.reword(part, rows)
		if err != nil {
			return err
		}
		vouching := maps.Clone(detail)
		if vouching == nil {
			vouching = map[string]any{}
		}
		vouching["rows"] = seals
		seq, err := u.record(0, 0, action, vouching)
		if err != nil {
			return err
		}
		if action != "activity.redacted" {
			action, detail = "activity.redacted", map[string]any{"of": seq}
		}
	}
	return nil
}

// reword writes the new words and returns the seals of the rows as they are then.
func (u *unit) reword(seqs []int64, to map[int64]wording) (map[int64]string, error) {
	seals := make(map[int64]string, len(seqs))
	for _, seq := range seqs {
		r, err := u.activityRow(seq)
		if err != nil {
			return nil, err
		}
		if chain.Vouches(r.Action) && r.Detail != to[seq].detail {
			return nil, fmt.Errorf("row %d vouches for others: its detail has to stay", seq)
		}
		r.ByName, r.Detail = to[seq].byName, to[seq].detail
		if _, err := u.exec(`UPDATE activity SET by_name = ?, detail = ? WHERE seq = ?`, r.ByName, r.Detail, seq); err != nil {
			return nil, fmt.Errorf("redact row %d: %w", seq, err)
		}
		seals[seq] = r.Seal()
	}
	return seals, nil
}

func (u *unit) activityRow(seq int64) (r chain.Row, err error) {
	err = u.row(`SELECT `+chainColumns+` FROM activity a WHERE a.seq = ?`, []any{seq}, chainInto(&r)...)
	if errors.Is(err, sql.ErrNoRows) {
		return r, models.Errorf(models.NotFound, "There is no activity %d.", seq)
	}
	return r, err
}
