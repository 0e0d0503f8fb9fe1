package handlers

import (
	"container/list"
	"sync"
	"time"
)

// familiar remembers from which addresses accounts have signed in lately.
type familiar struct {
	now   func() time.Time
	mu    sync.Mutex
	order list.List // the one seen last in front
	at    map[string]*list.Element
}

type acquaintance struct {
	key  string
	seen time.Time
}

const (
	familiarFor  = 30 * 24 * time.Hour
	familiarKeys = 100_000
)

func newFamiliar(now func() time.Time) *familiar {
	return &familiar{now: now, at: map[string]*list.Element{}}
}

// knows tells whether the account has signed in from this address, or its network.
func (f *familiar) knows(email, from string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, ok := f.at[network(email+" "+from)]
	return ok && f.now().Sub(e.Value.(acquaintance).seen) < familiarFor
}

func (f *familiar) remember(email, from string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := acquaintance{key: network(email + " " + from), seen: f.now()}
	if e, ok := f.at[now.key]; ok {
		e.Value = now
		f.order.MoveToFront(e)
		return
	}
	if f.order.Len() >= familiarKeys {
		delete(f.at, f.order.Remove(f.order.Back()).(acquaintance).key)
	}
	f.at[now.key] = f.order.PushFront(now)
}
