package handlers

import (
	"container/list"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// attempts limits guessing, by keys such as "ip 192.0.2.7" and "account
// dana@example.com": a kind, and of which one. Ten attempts at once are free,
// then one comes back every six seconds. Where a kind grows, each further guess
// costs twice the wait of the one before, up to a most that lets nobody be locked
// out for good. Attempts that succeed do not count.
type attempts struct {
	now   func() time.Time
	mu    sync.Mutex
	kinds map[string]*ledger
}

const (
	attemptsAllowed = 10
	attemptsEvery   = 6 * time.Second
	attemptsForget  = time.Hour // without a guess, the waits start small again
	attemptsKeys    = 100_000   // of one kind
)

// growing are the kinds whose wait doubles, with the longest wait of each.
var growing = map[string]time.Duration{"account": time.Minute, "known": time.Minute, "second": 15 * time.Minute}

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, kinds: map[string]*ledger{}}
}

// take counts one attempt against each key when all are within their limit, and
// tells so. A refused attempt counts against none.
func (a *attempts) take(keys []string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if a.wait(keys, now) > 0 {
		return false
	}
	for _, key := range keys {
		a.bucket(key).charge(now)
	}
	return true
}

// spent tells whether any of the keys is at its limit. It counts nothing.
func (a *attempts) spent(keys []string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.wait(keys, a.now()) > 0
}

// giveBack takes an attempt back that succeeded.
func (a *attempts) giveBack(keys []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, key := range keys {
		a.bucket(key).refund()
	}
}

func (a *attempts) wait(keys []string, now time.Time) (longest time.Duration) {
	for _, key := range keys {
		longest = max(longest, a.bucket(key).wait(now))
	}
	return longest
}

// bucket is the one of a key, made when it is not there. Each kind has room for
// so many and forgets the one longest unused: whoever wants a key forgotten has
// to be admitted 100,000 times for others.
func (a *attempts) bucket(key string) *bucket {
	kind, of, _ := strings.Cut(key, " ")
	of = network(of)
	l := a.kinds[kind]
	if l == nil {
		l = &ledger{most: max(growing[kind], attemptsEvery), at: map[string]*list.Element{}}
		a.kinds[kind] = l
	}
	return l.bucket(of)
}

// network widens an IPv6 address at the end of a key to its /64: that is what one
// subscriber has, and more addresses than could ever be counted.
func network(of string) string {
	head, tail := "", of
	if i := strings.LastIndexByte(of, ' '); i >= 0 {
		head, tail = of[:i+1], of[i+1:]
	}
	addr, err := netip.ParseAddr(tail)
	if err != nil {
		return of
	}
	if addr = addr.Unmap().WithZone(""); addr.Is4() {
		return head + addr.String()
	}
	wide, _ := addr.Prefix(64) // fails for lengths that no address has
	return head + wide.String()
}

// ledger holds the buckets of one kind, the one used last in front.
type ledger struct {
	most  time.Duration
	order list.List
	at    map[string]*list.Element
}

func (l *ledger) bucket(of string) *bucket {
	if e, ok := l.at[of]; ok {
		l.order.MoveToFront(e)
		return e.Value.(*bucket)
	}
	if l.order.Len() >= attemptsKeys {
		last := l.order.Back()
		delete(l.at, last.Value.(*bucket).of)
		l.order.Remove(last)
	}
	b := &bucket{of: of, most: l.most}
	l.at[of] = l.order.PushFront(b)
	return b
}

// bucket is empty at a time that each attempt moves on (a leaky bucket kept as
// one date).
type bucket struct {
	of    string
	most  time.Duration
	empty time.Time
	last  time.Duration // what the last attempt cost
	tries int           // without a success or a long pause
}

// wait is how long from now the next attempt is admitted.
func (b *bucket) wait(now time.Time) time.Duration {
	if b.empty.Before(now) {
		return 0
	}
	return b.empty.Sub(now) - (attemptsAllowed-1)*attemptsEvery
}

func (b *bucket) charge(now time.Time) {
	if now.Sub(b.empty) > attemptsForget {
		b.tries = 0
	}
	if b.empty.Before(now) {
		b.empty = now
	}
	b.tries++
	b.last = attemptsEvery << min(max(0, b.tries-attemptsAllowed), 10)
	b.last = min(b.last, b.most)
	b.empty = b.empty.Add(b.last)
}

func (b *bucket) refund() {
	b.empty = b.empty.Add(-b.last)
	b.tries = 0
}
