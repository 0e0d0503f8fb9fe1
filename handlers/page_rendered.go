package handlers

import (
	"bytes"
	"context"
	"sync"
	"time"

	"throughline/models"
	"throughline/views"
)

// renderedBoards remembers the cards of whole boards as HTML: many people open a
// board between two events, and cards hold nothing of the viewer.
type renderedBoards struct {
	mu    sync.Mutex
	known map[int64]renderedBoard // by project
}

type renderedBoard struct {
	seq   int64
	at    time.Time
	cards map[int64]string // by column
}

const (
	renderedKept = 32               // boards; the others are rendered again
	renderedAge  = 30 * time.Second // whether something is stale depends on the clock alone
)

// of is the cards of a board by column; nothing for a filtered board, which is
// rendered as it is read.
func (r *renderedBoards) of(ctx context.Context, b models.Board, now time.Time) (map[int64]string, error) {
	if !b.Filter.Empty() {
		return nil, nil
	}
	r.mu.Lock()
	k, ok := r.known[b.Project.ID]
	r.mu.Unlock()
	if ok && k.seq == b.Seq && now.Sub(k.at) < renderedAge {
		return k.cards, nil
	}
	cards, err := renderColumns(ctx, b.Columns)
	if err == nil {
		r.keep(b.Project.ID, renderedBoard{b.Seq, now, cards})
	}
	return cards, err
}

func renderColumns(ctx context.Context, columns []models.Column) (map[int64]string, error) {
	out := make(map[int64]string, len(columns))
	for _, c := range columns {
		var html bytes.Buffer
		if err := views.Cards(c.Cards).Render(ctx, &html); err != nil {
			return nil, err
		}
		out[c.ID] = html.String()
	}
	return out, nil
}

func (r *renderedBoards) keep(project int64, b renderedBoard) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || len(r.known) >= renderedKept {
		r.known = map[int64]renderedBoard{}
	}
	r.known[project] = b
}
