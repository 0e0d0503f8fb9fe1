package git

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"throughline/integrations"
)

// cursor is where the next poll starts.
type cursor struct {
	Of   string            `json:"of"`             // which settings it belongs to: others start anew
	At   int64             `json:"at"`             // the last time of read, Unix milliseconds; rises with each poll
	Refs map[string]string `json:"refs,omitempty"` // where branches and tags stood
	Lost []string          `json:"lost,omitempty"` // replaced tips that are still to be looked at
	Told []string          `json:"told,omitempty"` // refs that stand among the repository's facts
	Head string            `json:"head,omitempty"` // the default branch
}

// cursorFor reads a cursor, or begins one when there is none of these settings.
func cursorFor(a integrations.Account, saved string) (c cursor) {
	h := sha256.New()
	for _, name := range []string{"url", "repository", "branches"} {
		h.Write([]byte(a.Get(name) + "\x00"))
	}
	of := hex.EncodeToString(h.Sum(nil)[:6])
	if json.Unmarshal([]byte(saved), &c) != nil || c.Of != of {
		c = cursor{Of: of, At: c.At}
	}
	if c.Refs == nil {
		c.Refs = map[string]string{}
	}
	return c
}

func (c cursor) String() string {
	text, _ := json.Marshal(c)
	return string(text)
}

// tips are the commits on which branches and tags stood, each once.
func (c cursor) tips() []string {
	return slices.Compact(slices.Sorted(maps.Values(c.Refs)))
}

// replace notes where changed refs stand now and drops those that are gone, and
// returns the commits on which they stood.
func (c *cursor) replace(changed, present []ref) (gone []string) {
	next := maps.Clone(c.Refs)
	for name := range next {
		if !slices.ContainsFunc(present, func(r ref) bool { return r.name == name }) {
			delete(next, name)
		}
	}
	for _, one := range changed {
		next[one.name] = one.sha
	}
	old := c.tips()
	c.Refs = next
	now := c.tips()
	return slices.DeleteFunc(old, func(sha string) bool { return slices.Contains(now, sha) })
}

func (c *cursor) told(name string) {
	if !slices.Contains(c.Told, name) {
		c.Told = append(c.Told, name)
	}
}

// forget drops told refs that are gone, and returns them.
func (c *cursor) forget(present []ref) (gone []string) {
	c.Told = slices.DeleteFunc(c.Told, func(name string) bool {
		is := slices.ContainsFunc(present, func(r ref) bool { return r.name == name })
		if !is {
			gone = append(gone, name)
		}
		return !is
	})
	return gone
}
