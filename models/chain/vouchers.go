package chain

import (
	"encoding/json"
	"slices"
	"strconv"
)

// Vouching are the actions of rows that vouch for what is left of older ones,
// after the words about a person were taken out.
var Vouching = []string{"person.anonymised", "activity.redacted"}

// Vouches tells whether rows of an action vouch for others.
func Vouches(action string) bool { return slices.Contains(Vouching, action) }

// Vouchers are what vouching rows say of older rows, by those rows' numbers. It
// holds some hundred bytes for each row that was redacted.
type Vouchers map[int64]claim

type claim struct {
	seal  string
	sound bool // the row that claims it is what was written
}

// Add takes the claims of a vouching row that follows the hash before. Give the
// newest row first: of two claims on one row the newer counts.
func (v Vouchers) Add(r Row, before string) {
	sound := v.holds(r, before)
	for seq, seal := range Claims(r) {
		if _, newer := v[seq]; !newer {
			v[seq] = claim{seal, sound}
		}
	}
}

// holds tells whether a row is what was written, or what was left of it.
func (v Vouchers) holds(r Row, before string) bool {
	if c, vouched := v[r.Seq]; vouched {
		return c.sound && c.seal == r.Seal()
	}
	return r.Hash == r.Sum(before)
}

// Claims are the rows that a vouching row vouches for, with the seal of each.
func Claims(r Row) map[int64]string {
	var detail struct {
		Rows map[string]string `json:"rows"`
	}
	if !Vouches(r.Action) || json.Unmarshal([]byte(r.Detail), &detail) != nil {
		return nil
	}
	claims := make(map[int64]string, len(detail.Rows))
	for number, seal := range detail.Rows {
		if seq, err := strconv.ParseInt(number, 10, 64); err == nil && seq < r.Seq {
			claims[seq] = seal
		}
	}
	return claims
}
