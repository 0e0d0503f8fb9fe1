package demo

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Book is what the teller remembers between two starts, in demo.json beside the
// database: who it is and how far the story went.
type Book struct {
	Password string            `json:"password"`
	Token    string            `json:"token"`   // an administrator's, for setting up
	Secret   string            `json:"secret"`  // of the GitHub integrations
	Bots     map[string]string `json:"bots"`    // tokens of the bots, by project key
	Started  time.Time         `json:"started"` // when the story ends and the present begins
	Told     int               `json:"told"`    // how many beats of the past
	Next     int               `json:"next"`    // number of the next plot of the present
	Tries    int               `json:"tries"`   // how many curl lines were offered
	Pulls    map[string]int    `json:"pulls"`   // newest number by repository
	Versions map[string]int    `json:"versions"`

	path string
}

// OpenBook reads the notebook in a data folder, or starts one.
func OpenBook(dir string) (*Book, error) {
	b := &Book{path: filepath.Join(dir, "demo.json")}
	raw, err := os.ReadFile(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		b.fill()
		return b, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the demo's notebook: %w", err)
	}
	if err := json.Unmarshal(raw, b); err != nil {
		return nil, fmt.Errorf("read the demo's notebook %s: %w", b.path, err)
	}
	return b, nil
}

func (b *Book) fill() {
	b.Password, b.Secret = rand.Text()[:12], rand.Text()
	b.Bots, b.Pulls, b.Versions = map[string]string{}, map[string]int{}, map[string]int{}
	b.Started = time.Now().UTC().Truncate(time.Minute)
}

// Save writes the notebook, readable by its owner only: it holds a password.
func (b *Book) Save() error {
	raw, err := json.MarshalIndent(b, "", "  ") // #nosec G117 -- the demo's own login, in a file for its owner only
	if err != nil {
		return fmt.Errorf("write the demo's notebook: %w", err)
	}
	if err := os.WriteFile(b.path+".new", raw, 0o600); err != nil {
		return fmt.Errorf("write the demo's notebook: %w", err)
	}
	return os.Rename(b.path+".new", b.path)
}
