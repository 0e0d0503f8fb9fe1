// Package forget finds people's addresses, names and logins in texts of any kind
// and puts other words in their place. Whose they are it asks of its caller, who
// may know them in clear or as keyed hashes only.
package forget

import "strings"

// Kind says what a word is to a person.
type Kind string

// The kinds.
const (
	Address Kind = "address" // e-mail; found anywhere
	Name    Kind = "name"    // of several words; found anywhere
	Word    Kind = "word"    // a name of one word: too common to be found but alone
	Login   Kind = "login"   // alone, or as @login
	Mention Kind = "mention" // as @mention only: the part of an address before its @
)

// Fold is the form in which two spellings of a word are the same.
func Fold(s string) string { return strings.ToLower(s) }

// NameKind is the kind of a name, with its folded form and number of words.
func NameKind(name string) (kind Kind, folded string, n int) {
	list := wordsIn(name, false)
	parts := make([]string, len(list))
	for i, w := range list {
		parts[i] = w.folded
	}
	if len(list) < 2 {
		return Word, Fold(strings.TrimSpace(name)), 1
	}
	return Name, strings.Join(parts, " "), len(list)
}

// Forgetter replaces what belongs to the people it knows.
type Forgetter struct {
	Find  func(kind Kind, folded string) (instead string, found bool)
	Names []int // of how many words the names are; none: names are not looked for
}

// Form says where a text stands, and so what may be meant by it.
type Form int

// The forms.
const (
	Prose  Form = iota // texts: addresses, names, @mentions
	Person             // a column that names a person: the whole of it may be a login or a name
	JSON               // JSON as text: strings in it that are a login or a name as a whole
	Plain              // keys and other machine words: addresses and names only
)

// In is the text without the people, and whether it had to be changed.
func (f Forgetter) In(text string, form Form) (string, bool) {
	out := text
	if form == Person {
		if instead, found := f.whole(out); found {
			return instead, true
		}
	}
	escaped := form == JSON
	out = replace(out, f.addresses(out, escaped, form == Plain))
	if len(f.Names) > 0 {
		out = replace(out, f.names(out, escaped))
	}
	if form != Plain {
		out = replace(out, f.logins(out, escaped))
	}
	return out, out != text
}

// whole looks a text up as a whole: a login, or a name of one word.
func (f Forgetter) whole(text string) (string, bool) {
	folded := Fold(strings.TrimSpace(text))
	for _, kind := range []Kind{Word, Login} {
		if instead, found := f.Find(kind, folded); found {
			return instead, true
		}
	}
	return "", false
}

// edit is a piece of a text and what comes in its place.
type edit struct {
	from, to int
	instead  string
}

// replace makes edits that are in order; one that overlaps an earlier is left out.
func replace(text string, edits []edit) string {
	if len(edits) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, e := range edits {
		if e.from < at {
			continue
		}
		b.WriteString(text[at:e.from])
		b.WriteString(e.instead)
		at = e.to
	}
	b.WriteString(text[at:])
	return b.String()
}
