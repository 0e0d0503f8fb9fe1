package store

import (
	"context"
	"database/sql"
	"errors"

	"throughline/models/chain"
)

// headName is the name under which the hub keeps the head of the activity, and
// headSchema the version of the schema since when it does.
const (
	headName   = "activity.head"
	headSchema = 6
)

// readEnd reads where the activity ends. The head counts, not the last row that
// is there: where somebody cut rows off, the gap must stay.
func (g *group) readEnd(ctx context.Context) error {
	var kept string
	err := g.tx.QueryRowContext(ctx, `SELECT seq, hash, COALESCE((SELECT value FROM hub WHERE name = 'activity.head'), '')
 FROM activity ORDER BY seq DESC LIMIT 1`).Scan(&g.seq, &g.hash, &kept)
	if errors.Is(err, sql.ErrNoRows) {
		err = g.tx.QueryRowContext(ctx, `SELECT COALESCE((SELECT value FROM hub WHERE name = 'activity.head'), '')`).Scan(&kept)
	}
	if head, bad := chain.ParseHead(kept); bad == nil && head.Seq >= g.seq {
		g.seq, g.hash = head.Seq, head.Hash
	}
	g.began = g.seq
	return err
}

// keepEnd writes where the activity ends now. A head that somebody took out stays
// out, so that it is missed.
func (g *group) keepEnd(ctx context.Context) error {
	if g.seq == g.began {
		return nil
	}
	head := chain.Head{Seq: g.seq, Hash: g.hash}
	_, err := g.tx.ExecContext(ctx, g.s.dialect.rebind(`UPDATE hub SET value = ? WHERE name = 'activity.head'`), head.String())
	return err
}
