package store

import (
	"fmt"
	"time"
)

// scanTime reads Unix milliseconds into a time.
type scanTime struct{ to *time.Time }

// Scan implements sql.Scanner.
func (t scanTime) Scan(v any) error {
	ms, ok := v.(int64)
	if !ok {
		return fmt.Errorf("scan a time from %T", v)
	}
	*t.to = moment(ms)
	return nil
}

// scanFlag reads a moment as whether it has come: 0 is false.
type scanFlag struct{ to *bool }

// Scan implements sql.Scanner.
func (f scanFlag) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("scan a flag from %T", v)
	}
	*f.to = n != 0
	return nil
}
