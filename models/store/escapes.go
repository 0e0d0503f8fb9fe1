package store

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var unicodeEscape = regexp.MustCompile(`\\u[0-9a-fA-F]{4}`)

// plainEscapes is the same JSON with letters, digits, @ and the signs of addresses
// written plainly instead of as \u00e9, so that names are found in it.
func plainEscapes(text string) string {
	if !strings.Contains(text, `\u`) {
		return text
	}
	return unicodeEscape.ReplaceAllStringFunc(text, func(escape string) string {
		n, err := strconv.ParseUint(escape[2:], 16, 32)
		r := rune(n) // #nosec G115 -- four hexadecimal digits
		if err != nil || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune("@.-_+'", r) {
			return escape
		}
		return string(r)
	})
}
