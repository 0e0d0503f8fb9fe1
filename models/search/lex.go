package search

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a token is.
type kind int

const (
	other      kind = iota // what belongs to no filter
	identifier             // entity.key; a double-quoted text is one as well
	expression             // identifiers with arithmetic: refused, but as one
	keyword                // AND, IN, IS …
	number
	text // in single quotes
	operator
	open
	shut
	comma
	list // ( … ), whole
	semicolon
)

// token is a piece of a filter and where it begins.
type token struct {
	kind kind
	text string
	at   int
	in   []token // of a list
}

// short is the token's text as errors show it.
func (t token) short() string {
	const most = 500
	if len(t.text) <= most {
		return t.text
	}
	cut := most
	for !utf8.RuneStart(t.text[cut]) {
		cut--
	}
	return t.text[:cut] + "…"
}

// is tells whether t is the keyword, in any case.
func (t token) is(word string) bool { return t.kind == keyword && strings.EqualFold(t.text, word) }

// keywords are the words that are no keys, unless an entity stands before them.
var keywords = map[string]bool{"AND": true, "OR": true, "NOT": true, "IN": true, "IS": true, "NULL": true}

// patterns are operators that are words.
var patterns = map[string]bool{"LIKE": true, "ILIKE": true, "RLIKE": true}

// lex cuts a filter into tokens; it takes all text, and leaves white space out.
func lex(in string) []token {
	var out []token
	for at := 0; at < len(in); {
		r, size := utf8.DecodeRuneInString(in[at:])
		if unicode.IsSpace(r) {
			at += size
			continue
		}
		kind, length := next(in[at:])
		out = append(out, token{kind: kind, text: in[at : at+length], at: at})
		at += length
	}
	return out
}

// next is the token at the beginning of s, which is not empty.
func next(s string) (kind, int) {
	switch c := s[0]; {
	case c == '\'':
		return quoted(s)
	case strings.IndexByte("<>=~!", c) >= 0:
		return operator, len(s) - len(strings.TrimLeft(s, "<>=~!"))
	case strings.IndexByte("(),;", c) >= 0:
		return map[byte]kind{'(': open, ')': shut, ',': comma, ';': semicolon}[c], 1
	case c == '#' || strings.HasPrefix(s, "--"):
		return other, lineEnd(s)
	case strings.HasPrefix(s, "/*"):
		return other, commentEnd(s)
	}
	if n := numberLength(s); n > 0 {
		return number, n
	}
	if n := identifierLength(s); n > 0 {
		return wordKind(s, n)
	}
	_, size := utf8.DecodeRuneInString(s)
	return other, size
}

// quoted is a text in single quotes; two of them inside stand for themselves.
func quoted(s string) (kind, int) {
	for at := 1; at < len(s); at++ {
		if s[at] != '\'' {
			continue
		}
		if at+1 < len(s) && s[at+1] == '\'' {
			at++
			continue
		}
		return text, at + 1
	}
	return other, 1
}

func lineEnd(s string) int {
	if n := strings.IndexByte(s, '\n'); n >= 0 {
		return n
	}
	return len(s)
}

func commentEnd(s string) int {
	if n := strings.Index(s[2:], "*/"); n >= 0 {
		return n + 4
	}
	return len(s)
}

// numberLength is how long the number at the beginning of s is: -1, .5, 1., 2e-3. A
// letter behind it makes it none.
func numberLength(s string) int {
	at := len(s) - len(strings.TrimPrefix(s, "-"))
	whole := digits(s[at:])
	at += whole
	fraction := 0
	if strings.HasPrefix(s[at:], ".") {
		fraction = digits(s[at+1:])
		at += 1 + fraction
	}
	if whole+fraction == 0 {
		return 0
	}
	at += exponent(s[at:])
	if r, _ := utf8.DecodeRuneInString(s[at:]); inWord(r) && at < len(s) {
		return 0
	}
	return at
}

func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }

func exponent(s string) int {
	if s == "" || s[0]|0x20 != 'e' {
		return 0
	}
	sign := 1
	if len(s) > 1 && (s[1] == '-' || s[1] == '+') {
		sign = 2
	}
	if n := digits(s[sign:]); n > 0 {
		return sign + n
	}
	return 0
}

func inWord(r rune) bool {
	return r == '_' || r == '[' || r == ']' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// identifierLength is how long the parts with dots between them are.
func identifierLength(s string) int {
	at := part(s)
	for at > 0 && strings.HasPrefix(s[at:], ".") {
		at += 1 + part(s[at+1:])
	}
	return at
}

// part is a bare word, or one in backquotes or double quotes.
func part(s string) int {
	if s != "" && (s[0] == '`' || s[0] == '"') {
		if n := strings.IndexByte(s[1:], s[0]); n >= 0 {
			return n + 2
		}
		return 0
	}
	if n := strings.IndexFunc(s, func(r rune) bool { return !inWord(r) }); n >= 0 {
		return n
	}
	return len(s)
}

// wordKind tells keywords, identifiers and arithmetic apart.
func wordKind(s string, n int) (kind, int) {
	switch word := strings.ToUpper(s[:n]); {
	case keywords[word]:
		return keyword, n
	case patterns[word]:
		return operator, n
	}
	if arithmetic := expressionEnd(s, n); arithmetic > n {
		return expression, arithmetic
	}
	return identifier, n
}

// expressionEnd is where an identifier with arithmetic behind it ends, like
// metrics.val/auc.
func expressionEnd(s string, at int) int {
	for at < len(s) && strings.IndexByte("+-*/%@&|^", s[at]) >= 0 {
		at++
		at += max(identifierLength(s[at:]), numberLength(s[at:]))
	}
	return at
}
