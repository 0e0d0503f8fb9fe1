package models

import "time"

// Claim says that a person looks at something that went wrong, so that others need
// not. It ends when the person gives it back, or by itself when what went wrong is
// run again and passes.
type Claim struct {
	ID      int64
	Subject int64
	Person  int64
	By      string // the person's name
	Note    string
	Since   time.Time
}
