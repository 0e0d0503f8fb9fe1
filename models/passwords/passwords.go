// Package passwords refuses those that are too short, too long or guessed first.
// There are no rules about digits or signs: they make passwords worse.
package passwords

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"

	"throughline/models"
)

// The lengths of a password, in characters. Pages ask people for more than the
// API asks programs for.
const (
	Least        = 8
	LeastOnPages = 12
	Most         = 256
)

// common are the 11,611 passwords of eight characters and more among the 30,000
// most frequent ones that zxcvbn knows, in lower case, the most frequent first.
//
//go:embed common.txt
var common string

var known = sync.OnceValue(func() map[string]struct{} {
	list := strings.Fields(common)
	set := make(map[string]struct{}, len(list))
	for _, word := range list {
		set[word] = struct{}{}
	}
	return set
})

// Check refuses a password with an Unprocessed error that says what to do. What
// others would try first counts for nothing: the program's name and the words
// given, of four letters and more, such as the person's name and address.
func Check(password string, least int, words ...string) error {
	length := utf8.RuneCountInString(password)
	if length < least || length > Most {
		return refuse("A password has %d to %d characters.", least, Most)
	}
	if isCommon(password) {
		return refuse("This password is among those that are guessed first. Choose another one; a sentence is fine.")
	}
	if rest := without(password, words); rest != strings.ToLower(password) && (utf8.RuneCountInString(rest) < least || isCommon(rest)) {
		return refuse("Without your name, your address and the word Throughline, less than %d characters are left, or a word that is guessed first. Choose another one.", least)
	}
	return nil
}

func refuse(format string, args ...any) error {
	return models.FieldErrorf(models.Unprocessed, "password", format, args...)
}

func isCommon(password string) bool {
	_, ok := known()[strings.ToLower(password)]
	return ok
}

// without is the password in lower case with the words taken out.
func without(password string, words []string) string {
	rest := strings.ToLower(password)
	for _, word := range append([]string{"throughline"}, words...) {
		for _, part := range strings.FieldsFunc(strings.ToLower(word), func(r rune) bool { return strings.ContainsRune(" .@-_+", r) }) {
			if utf8.RuneCountInString(part) >= 4 {
				rest = strings.ReplaceAll(rest, part, "")
			}
		}
	}
	return rest
}
