package models

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Rank orders facts about one field: the later upstream time wins, then the
// higher attempt, then a terminal state over a running one, then the larger
// sha256 of the description (decisions.md §7). The order is total, so merging is
// independent of the order of arrival.
type Rank struct {
	At       int64  `json:"t"` // Unix milliseconds
	Attempt  int    `json:"n,omitempty"`
	Terminal bool   `json:"e,omitempty"`
	Hash     string `json:"h"`
}

// Less tells whether r loses against o.
func (r Rank) Less(o Rank) bool {
	switch {
	case r.At != o.At:
		return r.At < o.At
	case r.Attempt != o.Attempt:
		return r.Attempt < o.Attempt
	case r.Terminal != o.Terminal:
		return !r.Terminal
	}
	return r.Hash < o.Hash
}

// RankOf is the rank of everything a description says.
func RankOf(d Description) Rank {
	text, _ := json.Marshal(d)
	for _, m := range d.Points {
		text = PackPoints(text, m.Key, []Point{m.Point})
	}
	sum := sha256.Sum256(text)
	return Rank{At: d.At.UnixMilli(), Attempt: d.Attempt, Terminal: d.State.Terminal(), Hash: hex.EncodeToString(sum[:8])}
}

// Fact is one value with its rank and the integration that said it.
type Fact struct {
	Value       json.RawMessage `json:"v"`
	Rank        Rank            `json:"r"`
	Integration int64           `json:"i,omitempty"`
}

// Facts are all that is known of one subject. Names that start with an
// underscore are the subject's own columns.
type Facts map[string]Fact

// The reserved names of facts.
const (
	FactTitle = "_title"
	FactURL   = "_url"
	FactState = "_state"
	FactText  = "_text"

	factWhole = "_whole." // and a beginning: when a description last held all there are
)

// StateFact is the value under FactState.
type StateFact struct {
	State State     `json:"state"`
	Raw   string    `json:"raw,omitempty"`
	At    time.Time `json:"at"`

	Event  string `json:"event,omitempty"`  // what said so
	Source string `json:"source,omitempty"` // the integration it came from
}

// Merge takes in what a description says and names the facts that changed.
func (f Facts) Merge(d Description, integration int64) (changed []string) {
	changed, _ = f.MergeRanked(d, RankOf(d), integration)
	return changed
}

// MergeRanked is Merge for a caller who knows the description's rank already.
// raised tells whether a fact was said anew, by a higher rank: it must be kept
// even if nothing changed, or else what lies between would win when it comes late.
func (f Facts) MergeRanked(d Description, rank Rank, integration int64) (changed []string, raised bool) {
	said := f.wholly(d, fields(d), rank)
	for name, value := range said {
		differs, higher := f.set(name, value, rank, integration)
		if raised = raised || higher; differs && !strings.HasPrefix(name, factWhole) {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	return changed, raised
}

// wholly takes what is known under the beginnings in d.Whole and not said any more
// back, and leaves out what a later word about the whole has taken back before it came.
func (f Facts) wholly(d Description, said map[string]any, rank Rank) map[string]any {
	for _, beginning := range d.Whole {
		said[factWhole+beginning] = true
		for name := range f {
			if _, still := said[name]; !still && strings.HasPrefix(name, beginning) {
				said[name] = nil
			}
		}
	}
	for name := range said {
		if _, known := f[name]; !known && f.takenBack(name, rank) {
			delete(said, name)
		}
	}
	return said
}

// takenBack tells whether a later word about a whole did not have the name in it.
func (f Facts) takenBack(name string, rank Rank) bool {
	if strings.HasPrefix(name, "_") {
		return false
	}
	for i := range len(name) {
		if name[i] != '.' && name[i] != ':' {
			continue
		}
		if whole, spoken := f[factWhole+name[:i+1]]; spoken && rank.Less(whole.Rank) {
			return true
		}
	}
	return false
}

func (f Facts) set(name string, value any, rank Rank, integration int64) (differs, higher bool) {
	text, err := json.Marshal(value)
	old, known := f[name]
	if err != nil || known && !old.Rank.Less(rank) {
		return false, false
	}
	f[name] = Fact{Value: text, Rank: rank, Integration: integration}
	return !known || !bytes.Equal(old.Value, text), true
}

// fields are the facts that a description holds.
func fields(d Description) map[string]any {
	out := make(map[string]any, len(d.Facts)+4)
	for name, value := range d.Facts {
		out[name] = value
	}
	if d.Title != "" {
		out[FactTitle] = d.Title
	}
	if d.URL != "" {
		out[FactURL] = d.URL
	}
	if d.Text != "" {
		out[FactText] = d.Text
	}
	if d.State != "" {
		at := d.StateAt
		if at.IsZero() {
			at = d.At
		}
		out[FactState] = StateFact{State: d.State, Raw: d.Raw, At: at.UTC(), Event: d.Event, Source: d.Source}
	}
	return out
}

// String is a text fact, or empty.
func (f Facts) String(name string) (s string) {
	_ = json.Unmarshal(f[name].Value, &s)
	return s
}

// Plain is a text or a number as text, or empty.
func (f Facts) Plain(name string) string {
	if s := f.String(name); s != "" {
		return s
	}
	var n json.Number
	if json.Unmarshal(f[name].Value, &n) != nil {
		return ""
	}
	return n.String()
}

// True tells whether a fact is there and true.
func (f Facts) True(name string) (yes bool) {
	_ = json.Unmarshal(f[name].Value, &yes)
	return yes
}

// Millis is a fact that is a moment, in Unix milliseconds; 0 when it is none.
func (f Facts) Millis(name string) int64 {
	var at time.Time
	if json.Unmarshal(f[name].Value, &at) != nil || at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}

// State is the state that sources declared last.
func (f Facts) State() (s StateFact) {
	_ = json.Unmarshal(f[FactState].Value, &s)
	return s
}

// Values are the plain values by name, without the reserved ones and the removed.
func (f Facts) Values() map[string]any {
	out := make(map[string]any, len(f))
	for name, fact := range f {
		var v any
		if name[0] == '_' || json.Unmarshal(fact.Value, &v) != nil || v == nil {
			continue
		}
		out[name] = v
	}
	return out
}
