package store

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	lite "modernc.org/sqlite/lib"
)

// dialect is the little in which the two databases differ.
type dialect struct {
	name    string
	numbers bool // $1 placeholders
}

var (
	liteDialect = dialect{name: "sqlite"}
	pgDialect   = dialect{name: "postgres", numbers: true}
	rebound     sync.Map // query with ? → query with $n
	reboundMany atomic.Int64
)

// manyRebound is how many queries are remembered: filters make ever new ones.
const manyRebound = 2000

// rebind turns ? placeholders into the dialect's own, and remembers what became of
// the first queries, which are mostly constants of this package.
func (d dialect) rebind(q string) string {
	if !d.numbers {
		return q
	}
	if done, ok := rebound.Load(q); ok {
		return done.(string)
	}
	var b strings.Builder
	n := 0
	for _, r := range q {
		if r == '?' {
			n++
			b.WriteString("$" + strconv.Itoa(n))
			continue
		}
		b.WriteRune(r)
	}
	if len(q) < 600 && reboundMany.Add(1) <= manyRebound {
		rebound.Store(q, b.String())
	}
	return b.String()
}

// unique tells whether err says that a unique key is taken.
func unique(err error) bool {
	var l *sqlite.Error
	if errors.As(err, &l) {
		return l.Code() == lite.SQLITE_CONSTRAINT_UNIQUE || l.Code() == lite.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	var p *pgconn.PgError
	return errors.As(err, &p) && p.Code == "23505"
}

// marks is "?, ?, ?" for n values.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// ints are values for marks.
func ints[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}
