package live

import (
	"context"
	"time"

	"throughline/models"
)

// batch is how many changes are read at once.
const batch = 500

// follow reads what changed, here or in another process, and publishes it. It
// ends with ctx.
func (h *Hub) follow(ctx context.Context) {
	bell, stop := h.Feed.Watch()
	defer stop()
	tick := time.NewTicker(h.Tick)
	defer tick.Stop()
	seq := h.start(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-bell:
		case <-tick.C:
		}
		seq = h.advance(ctx, seq)
	}
}

// start is the sequence to begin at, asked for until the database answers.
func (h *Hub) start(ctx context.Context) int64 {
	for {
		seq, err := h.Feed.Seq(ctx)
		if err == nil || ctx.Err() != nil {
			return seq
		}
		h.Log.WarnContext(ctx, "live boards wait for the database", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(h.Tick):
		}
	}
}

// advance publishes everything after seq and tells how far it came.
func (h *Hub) advance(ctx context.Context, seq int64) int64 {
	if h.Open() == 0 {
		if now, err := h.Feed.Seq(ctx); err == nil && h.Open() == 0 {
			return now // whoever opens a board from here on starts at a later one
		}
	}
	for ctx.Err() == nil {
		changes, upTo, err := h.Feed.ChangesSince(ctx, seq, batch)
		if err != nil {
			if ctx.Err() == nil {
				h.Log.WarnContext(ctx, "read the changes for live boards", "error", err)
			}
			return seq
		}
		if upTo <= seq {
			return seq
		}
		h.tell(changes, upTo)
		seq = upTo
	}
	return seq
}

// tell renders each change once and publishes it to the boards of its project.
func (h *Hub) tell(changes []models.Change, upTo int64) {
	byProject := map[int64][]models.Change{}
	for _, c := range changes {
		byProject[c.Project] = append(byProject[c.Project], c)
	}
	for project, list := range byProject {
		if h.watched(project) {
			h.publish(project, h.frames(list, upTo))
		}
	}
}

// watchRights looks again, every so often and when told to, whether those who
// have a board open may still see it. It ends with ctx.
func (h *Hub) watchRights(ctx context.Context) {
	tick := time.NewTicker(h.RecheckEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.rights:
		case <-tick.C:
		}
		h.recheck(ctx)
	}
}

// Recheck looks at everybody's rights at once, after they were changed.
func (h *Hub) Recheck() {
	select {
	case h.rights <- struct{}{}:
	default:
	}
}

// recheck asks once for each session or token, however many boards it has open.
func (h *Hub) recheck(ctx context.Context) {
	for _, group := range h.byLogin() {
		by, err := h.Feed.Refresh(ctx, group[0].by)
		if err != nil && models.CodeOf(err) != models.Unauthorised {
			continue // the database does not answer: nobody is sent away for that
		}
		for _, s := range group {
			if err != nil || !by.RoleIn(s.project).AtLeast(models.Viewer) || !by.Allows(models.ScopeRead) {
				s.end(notAllowed)
			}
		}
	}
}

func (h *Hub) byLogin() map[string][]*socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	groups := map[string][]*socket{}
	for _, topic := range h.topics {
		for s := range topic {
			groups[s.login] = append(groups[s.login], s)
		}
	}
	return groups
}
