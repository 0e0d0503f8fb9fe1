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
	pending map[string]hash // said by that last poll; counts when the next one starts from its cursor
}

const memoryLimit = 100_000 // hashes of one account, some ten megabytes

// recall is what was told up to the cursor: nothing when another poll came
// between, or the last batch was not stored.
func (m *memory) recall(account int64, cursor string) map[string]hash {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.accounts[account]
	if t == nil || cursor == "" || t.upTo != cursor {
		delete(m.accounts, account)
		return map[string]hash{}
	}
	if len(t.hashes)+len(t.pending) > memoryLimit {
		t.hashes = map[string]hash{}
	}
	maps.Copy(t.hashes, t.pending)
	t.pending = nil
	return t.hashes
}

// note keeps what a poll says, until the next one shows that it was stored.
func (m *memory) note(account int64, upTo string, hashes, pending map[string]hash) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.accounts == nil {
		m.accounts = map[int64]*told{}
	}
	m.accounts[account] = &told{upTo: upTo, hashes: hashes, pending: pending}
}

// hashOf is the hash of what a description says, whenever it says it.
func hashOf(d models.Description) hash {
	d.At = time.Time{}
	text, _ := json.Marshal(d)
	sum := sha256.Sum256(text)
	return hash(sum[:16])
}
