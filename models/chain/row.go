// Package chain is the hash chain of the activity: how the hash of a row is made,
// and the walk that finds the first row that is not what was written. It knows no
// database, so that an exported file is held to the same rules.
package chain

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// Row is one row of the activity, column by column.
type Row struct {
	Seq, At               int64 // At in Unix milliseconds
	Actor, ByName, Action string
	ProjectID, SubjectID  int64
	Detail, Hash          string
	Odd                   bool // a column holds what none of its type can be
}

// Sum is the hash that the row should have after the row with the hash before:
// sha256, in hex, over the hash before and every column, each preceded by its
// length so that no two rows share an encoding.
func (r Row) Sum(before string) string {
	sum := r.sum(before)
	return hex.EncodeToString(sum[:])
}

func (r Row) sum(before string) [sha256.Size]byte {
	text := make([]byte, 0, 256+len(r.Detail))
	for _, part := range [...]string{before, itoa(r.Seq), itoa(r.At), r.Actor, r.ByName, r.Action, itoa(r.ProjectID), itoa(r.SubjectID), r.Detail} {
		text = strconv.AppendInt(text, int64(len(part)), 10)
		text = append(text, ':')
		text = append(text, part...)
	}
	return sha256.Sum256(text)
}

// Seal is the sha256, in hex, of the row as it stands, its own hash included: what
// a later row lists when it vouches for a row whose words were taken out.
func (r Row) Seal() string { return r.Sum(r.Hash) }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
