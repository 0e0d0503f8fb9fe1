package mlflow

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"sync"
	"time"

	"throughline/models"
)

// memory holds what was told, per account, so that it is not told again. See
// the package comment for why nothing depends on it.
type memory struct {
	mu       sync.Mutex
	accounts map[int64]*told
}

type hash [16]byte

// told is what the polls up to a cursor have said.
type told struct {
	upTo    string // the cursor that the last poll returned
	hashes  map[string]hash
	seen    map[string]*seen  // of the registry, by workspace: a turn under way
	builds  map[string]string // the runs of logged models, by id; empty: none is known
	pending map[string]hash   // said by that last poll; counts when the next one starts from its cursor
}

const memoryLimit = 100_000 // hashes of one account, some ten megabytes

// recall is what was told up to the cursor: nothing when another poll came
// between, or the last batch was not stored.
func (m *memory) recall(account int64, cursor string) *told {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.accounts[account]
	if t == nil || cursor == "" || t.upTo != cursor {
		delete(m.accounts, account)
		return &told{hashes: map[string]hash{}, seen: map[string]*seen{}, builds: map[string]string{}}
	}
	if len(t.hashes)+len(t.pending) > memoryLimit {
		t.hashes = map[string]hash{}
	}
	maps.Copy(t.hashes, t.pending)
	t.pending = nil
	return t
}

// note keeps what a poll says, until the next one shows that it was stored.
func (m *memory) note(account int64, upTo string, t *told, pending map[string]hash) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.accounts == nil {
		m.accounts = map[int64]*told{}
	}
	m.accounts[account] = &told{upTo: upTo, hashes: t.hashes, seen: t.seen, builds: t.builds, pending: pending}
}

// hashOf is the hash of what a description says, whenever it says it.
func hashOf(d models.Description) hash {
	d.At = time.Time{}
	text, _ := json.Marshal(d)
	for _, m := range d.Points {
		text = models.PackPoints(text, m.Key, []models.Point{m.Point})
	}
	sum := sha256.Sum256(text)
	return hash(sum[:16])
}
