package store

import (
	"sync"

	"throughline/models"
)

// memory remembers ids between writes: of subjects, and in which projects they
// are shown. Ids never change and
// subjects are never deleted, so it can not be wrong, only full.
type memory[K comparable] struct {
	mu  sync.Mutex
	ids map[K]int64
}

const idsRemembered = 100_000

func (m *memory[K]) get(ref K) (int64, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id, ok := m.ids[ref]
	return id, ok
}

func (m *memory[K]) add(fresh map[K]int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ids == nil || len(m.ids)+len(fresh) > idsRemembered {
		m.ids = make(map[K]int64, len(fresh))
	}
	for ref, id := range fresh {
		m.ids[ref] = id
	}
}

// known is an id that needs no query: remembered, or met in this commit.
func (u *unit) known(ref models.Ref) (int64, bool) {
	if id, ok := u.fresh[ref]; ok {
		return id, true
	}
	if id, ok := u.met[ref]; ok {
		return id, true
	}
	return u.s.ids.get(ref)
}

// learn notes an id; it is remembered past the commit only if that succeeds.
func (u *unit) learn(ref models.Ref, id int64) {
	if u.fresh == nil {
		u.fresh = map[models.Ref]int64{}
	}
	u.fresh[ref] = id
}

// heard notes that an integration told something; written once per commit.
func (u *unit) heard(integration, at, upstream int64) {
	if u.news == nil {
		u.news = map[int64][2]int64{}
	}
	old := u.news[integration]
	u.news[integration] = [2]int64{max(old[0], at), max(old[1], upstream)}
}

// hand passes what a successful write learnt on to its group.
func (g *group) hand(u *unit) {
	if g.met == nil {
		g.met, g.told = map[models.Ref]int64{}, map[int64][2]int64{}
	}
	for ref, id := range u.fresh {
		g.met[ref] = id
	}
	for pair, id := range u.showed {
		if g.seen == nil {
			g.seen = map[[2]int64]int64{}
		}
		g.seen[pair] = id
	}
	for id, n := range u.news {
		old := g.told[id]
		g.told[id] = [2]int64{max(old[0], n[0]), max(old[1], n[1])}
	}
}

// tell writes when each integration of this commit was last heard of.
func (g *group) tell(u *unit) error {
	for id, n := range g.told {
		upstream := ``
		args := []any{n[0]}
		if n[1] > 0 {
			upstream, args = `, last_upstream_at = ?`, append(args, n[1])
		}
		if _, err := u.exec(`UPDATE integrations SET last_event_at = ?, state = 'ok', error = ''`+upstream+` WHERE id = ?`, append(args, id)...); err != nil {
			return err
		}
	}
	return nil
}
