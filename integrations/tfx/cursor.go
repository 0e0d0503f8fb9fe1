package tfx

import (
	"encoding/json"
	"time"
)

// mark is a place in the order of changes: by time, then by id.
type mark struct {
	At int64 `json:"at"` // Unix milliseconds
	ID int64 `json:"id"` // of the execution
}

// cursor is how far the store was read. A round that is not over goes on exactly
// where it stopped; a new one looks back a little, because a change with an earlier
// time may be written by another machine later.
type cursor struct {
	mark
	Within bool `json:"within,omitempty"` // a round is under way
}

const (
	overlap       = 5 * time.Minute
	changesAtOnce = 400
)

func readCursor(saved string) (c cursor) {
	if json.Unmarshal([]byte(saved), &c) != nil {
		return cursor{}
	}
	return c
}

// String is the cursor as it is kept.
func (c cursor) String() string {
	text, _ := json.Marshal(c)
	return string(text)
}

// since is the place after which changes count.
func (c cursor) since() mark {
	if c.Within || c.At == 0 {
		return c.mark
	}
	return mark{At: max(0, c.At-overlap.Milliseconds())}
}

// after is the cursor when those changes are told.
func (c cursor) after(told []change, more bool) cursor {
	c.Within = more
	for _, t := range told {
		if t.At > c.At || t.At == c.At && t.ID > c.ID {
			c.mark = t.mark
		}
	}
	if more && len(told) > 0 {
		c.mark = told[len(told)-1].mark
	}
	return c
}
