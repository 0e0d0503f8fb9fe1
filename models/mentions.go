package models

import (
	"regexp"
	"strings"
)

// CardName is a card that a text names: KEY-42.
type CardName struct {
	Key    string // the card's: "CHURN-42"
	Closes bool   // a closing word stands before it: "fixes CHURN-42"
}

// Project is the key of the card's project.
func (c CardName) Project() string {
	key, _, _ := strings.Cut(c.Key, "-")
	return key
}

var (
	cardName = regexp.MustCompile(`[A-Z][A-Z0-9]{1,15}-[1-9][0-9]{0,8}`)
	closing  = regexp.MustCompile(`(?i)(?:^|[^\pL\pN_-])(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?[ \t]+$`)

	fencedCode = regexp.MustCompile("(?ms)^[ ]{0,3}(?:```.*?(?:^[ ]{0,3}```|\\z)|~~~.*?(?:^[ ]{0,3}~~~|\\z))")
	inlineCode = regexp.MustCompile("(?s)``.*?``|`[^`\n]*`")
	address    = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://\S+|\bwww\.\S+|\S+@\S+`)
)

// maxNames is how many cards one text can name: each is looked up.
const maxNames = 100

// CardNames are the cards that a text names, each once, the first hundred: upper case, as words of
// their own, outside code, comments and addresses. A card that is once named
// after a closing word is closed.
func CardNames(text string) (out []CardName) {
	for _, drop := range []*regexp.Regexp{htmlComment, fencedCode, inlineCode, address} {
		text = drop.ReplaceAllString(text, " ; ")
	}
	for _, at := range cardName.FindAllStringIndex(text, -1) {
		if len(out) < maxNames && alone(text, at[0], at[1]) {
			out = addCard(out, CardName{text[at[0]:at[1]], closing.MatchString(text[max(0, at[0]-24):at[0]])})
		}
	}
	return out
}

// alone tells whether a name is no part of a longer word, path or number.
func alone(text string, from, to int) bool {
	before, after := text[:from], text[to:]
	if before != "" && (word(before[len(before)-1]) || strings.ContainsRune("-/.&=#@\\", rune(before[len(before)-1]))) {
		return false
	}
	if after == "" {
		return true
	}
	joined := strings.ContainsRune("-/.=@\\", rune(after[0])) && len(after) > 1 && word(after[1])
	return !word(after[0]) && !joined
}

// word tells whether a byte belongs to a word; letters beyond ASCII do.
func word(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// BranchCards are the cards that a branch names, in any case: kim/churn-42-fix.
// A branch closes nothing.
func BranchCards(branch string) (out []CardName) {
	parts := strings.FieldsFunc(branch, func(r rune) bool { return strings.ContainsRune("/-_.", r) })
	for i := 1; i < len(parts); i++ {
		name := strings.ToUpper(parts[i-1]) + "-" + parts[i]
		if cardName.FindString(name) == name && strings.Contains(branch, parts[i-1]+"-"+parts[i]) {
			out = addCard(out, CardName{Key: name})
		}
	}
	return out
}

func addCard(list []CardName, c CardName) []CardName {
	for i := range list {
		if list[i].Key == c.Key {
			list[i].Closes = list[i].Closes || c.Closes
			return list
		}
	}
	return append(list, c)
}
