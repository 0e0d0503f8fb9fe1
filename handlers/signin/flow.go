package signin

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// FlowLife is how long signing in at a provider may take.
const FlowLife = 10 * time.Minute

// Flow is one sign-in at a provider that a browser has begun. The browser keeps
// it, sealed; so it ends where it began.
type Flow struct {
	Provider string
	State    string // comes back with the answer
	Nonce    string // comes back in the ID token
	Verifier string // of PKCE
	Next     string // where to go then
	Again    bool   // somebody signed in already: let the provider ask again
	Person   int64  // who connects an identity, and in which session; 0: signing in
	Session  string
	Until    time.Time
}

// NewFlow begins one.
func NewFlow(provider, next string, now time.Time) Flow {
	return Flow{Provider: provider, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: next, Until: now.Add(FlowLife)}
}

// Flows seals flows and lets each come back once. Its key lives as long as the
// program: a restart ends what is under way.
type Flows struct {
	now   func() time.Time
	aead  cipher.AEAD
	mu    sync.Mutex
	spent map[string]time.Time // states, until they would be too old anyway
}

// spentKept bounds the memory for states that came back.
const spentKept = 10_000

// NewFlows makes the keeper of flows.
func NewFlows(now func() time.Time) (*Flows, error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("seal of sign-ins: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("seal of sign-ins: %w", err)
	}
	return &Flows{now: now, aead: aead, spent: map[string]time.Time{}}, nil
}

// Seal is a flow as a cookie keeps it.
func (k *Flows) Seal(f Flow) (string, error) {
	plain, err := json.Marshal(f)
	if err != nil {
		return "", fmt.Errorf("seal a sign-in: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(k.aead.Seal(nil, nil, plain, nil)), nil // #nosec G407 -- this AEAD brings a random nonce of its own
}

// Return is the flow that a cookie kept, when the answer of the same provider
// brings its state, in time, for the first time.
func (k *Flows) Return(cookie, provider, state string) (f Flow, err error) {
	sealed, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil {
		return f, errors.New("the cookie is none of ours")
	}
	plain, err := k.aead.Open(nil, nil, sealed, nil)
	if err != nil || json.Unmarshal(plain, &f) != nil {
		return Flow{}, errors.New("the cookie is none of ours, or the program was restarted")
	}
	switch {
	case f.Provider != provider:
		return Flow{}, errors.New("the answer of another provider")
	case subtle.ConstantTimeCompare([]byte(f.State), []byte(state)) != 1:
		return Flow{}, errors.New("the state is another one")
	case !k.now().Before(f.Until):
		return Flow{}, errors.New("too late")
	case !k.spend(f):
		return Flow{}, errors.New("the state came back before")
	}
	return f, nil
}

func (k *Flows) spend(f Flow) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, twice := k.spent[f.State]; twice {
		return false
	}
	for state, until := range k.spent {
		if len(k.spent) >= spentKept || !k.now().Before(until) {
			delete(k.spent, state)
		}
	}
	k.spent[f.State] = f.Until
	return true
}
