package github

import (
	"regexp"
	"strings"
	"unicode"

	"throughline/integrations"
)

const nameMost = 120 // letters of one name in a report

// apart is a space of no width: it parts what GitHub would take for a mention, a
// reference to an issue or an address, and shows as nothing.
const apart = "\u200b"

// shown is a name from elsewhere as one line without what turns text around,
// hides it, or makes GitHub call on people, issues and addresses.
func shown(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, integrations.Cut(name, 4*nameMost))
	return callings.ReplaceAllStringFunc(letters(strings.TrimSpace(name), nameMost), func(call string) string {
		if call == ":/" {
			return ":" + apart + "/"
		}
		return call + apart
	})
}

// callings are what GitHub makes links of, or calls on people and issues with.
var callings = regexp.MustCompile(`(?i)@|#|:/|\bwww\b|\bgh\b`)

// markdown is a name from elsewhere in Markdown that shows it letter by letter,
// also in a table.
func markdown(name string) string { return escaped.Replace(shown(name)) }

var escaped = func() *strings.Replacer {
	pairs := []string{"&", "&amp;", "<", "&lt;", ">", "&gt;"} // an entity could spell what was parted
	for _, c := range "\\`*_{}[]()#+!|~$^:-" {
		pairs = append(pairs, string(c), `\`+string(c))
	}
	return strings.NewReplacer(pairs...)
}()

// letters shortens a text to so many letters.
func letters(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}
