package forget

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// word is one word of a text.
type word struct {
	from, to int
	folded   string
}

// wordsIn cuts a text into words: letters, digits, apostrophes and hyphens.
func wordsIn(text string, escaped bool) (out []word) {
	from := -1
	for i := 0; i <= len(text); {
		r, width := rune(0), 1
		if i < len(text) {
			r, width = utf8.DecodeRuneInString(text[i:])
		}
		inside := i < len(text) && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '\'' || r == '’' || r == '-')
		switch {
		case inside && from < 0:
			from = i
		case !inside && from >= 0:
			out = appendWord(out, text, from, i, escaped)
			from = -1
		}
		i += width
	}
	return out
}

// appendWord leaves out what an escape before the word took of it, and signs at its ends.
func appendWord(out []word, text string, from, to int, escaped bool) []word {
	if escaped && from > 0 && text[from-1] == '\\' {
		if text[from] == 'u' && to-from >= 5 {
			from += 4
		}
		from++
	}
	for _, genitive := range []string{"'s", "’s"} {
		if to-from > len(genitive) && strings.HasSuffix(text[from:to], genitive) {
			to -= len(genitive)
		}
	}
	for from < to && (text[from] == '\'' || text[from] == '-') {
		from++
	}
	for to > from && (text[to-1] == '\'' || text[to-1] == '-') {
		to--
	}
	if from >= to {
		return out
	}
	return append(out, word{from, to, Fold(text[from:to])})
}

// names finds the names of known people: their words one after the other, with
// only spaces and the like between them.
func (f Forgetter) names(text string, escaped bool) (out []edit) {
	list := wordsIn(text, escaped)
	for i := 0; i < len(list); i++ {
		for _, n := range f.longFirst() {
			if i+n > len(list) || !together(text, list[i:i+n]) {
				continue
			}
			if instead, found := f.Find(Name, joined(list[i:i+n])); found {
				out = append(out, edit{list[i].from, list[i+n-1].to, instead})
				i += n - 1
				break
			}
		}
	}
	return out
}

func (f Forgetter) longFirst() []int {
	sizes := slices.Clone(f.Names)
	slices.SortFunc(sizes, func(a, b int) int { return b - a })
	return slices.Compact(sizes)
}

func joined(list []word) string {
	parts := make([]string, len(list))
	for i, w := range list {
		parts[i] = w.folded
	}
	return strings.Join(parts, " ")
}

// together tells whether only spaces, brackets, points and commas stand between
// words: never a quote, or what is replaced would reach over two strings of JSON.
func together(text string, list []word) bool {
	for i := 1; i < len(list); i++ {
		gap := text[list[i-1].to:list[i].from]
		spaced := strings.ContainsAny(gap, " +\t\r\n") || strings.Contains(gap, "\u00a0")
		if !spaced || len(gap) > 8 || strings.Trim(gap, " +\t\r\n\u00a0().,") != "" {
			return false
		}
	}
	return true
}
