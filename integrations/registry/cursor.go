package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"throughline/integrations"
)

// cursor is what is known of the registry's tags.
type cursor struct {
	Of    string                       `json:"of"`              // which settings it belongs to: others start anew
	Tags  map[string]map[string]string `json:"tags,omitempty"`  // by repository and tag: the hex of the image's digest
	Moved map[string]bool              `json:"moved,omitempty"` // "repository:tag" of those that moved once
	After string                       `json:"after,omitempty"` // the "repository:tag" that was looked at last
}

// cursorFor reads a cursor, or begins one when there is none of these settings.
func cursorFor(a integrations.Account, saved string) (c cursor) {
	sum := sha256.Sum256([]byte(a.Get("url") + "\x00" + a.Get("repositories") + "\x00" + a.Get("repository")))
	of := hex.EncodeToString(sum[:6])
	if json.Unmarshal([]byte(saved), &c) != nil || c.Of != of {
		c = cursor{Of: of}
	}
	if c.Tags == nil {
		c.Tags = map[string]map[string]string{}
	}
	if c.Moved == nil {
		c.Moved = map[string]bool{}
	}
	return c
}

func (c cursor) String() string {
	text, _ := json.Marshal(c)
	return string(text)
}

// read tells whether an image of the repository was read already, by any tag.
func (c cursor) read(repository, hex string) bool {
	for _, known := range c.Tags[repository] {
		if known == hex {
			return true
		}
	}
	return false
}
