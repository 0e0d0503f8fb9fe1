package forget

import "strings"

// logins finds the logins of known people: after an @, in addresses of their page, and in JSON as a whole
// string, or as the name of a fact such as "review.dana". A name of one word is
// found in JSON in the same way.
func (f Forgetter) logins(text string, escaped bool) (out []edit) {
	for i := 0; i < len(text); {
		if !inLogin(text[i]) {
			i++
			continue
		}
		end := i
		for end < len(text) && inLogin(text[end]) {
			end++
		}
		if e, found := f.login(text, i, end, escaped); found {
			out = append(out, e)
		}
		i = end
	}
	return out
}

func (f Forgetter) login(text string, from, to int, escaped bool) (e edit, found bool) {
	if mentioned(text, from, to, escaped) {
		bare := strings.TrimRight(text[from:to], ".-_")
		for _, kind := range []Kind{Login, Mention} {
			if instead, found := f.Find(kind, Fold(bare)); found {
				return edit{from, from + len(bare), instead}, true
			}
		}
	}
	if escaped && profile(text, from, to) {
		if instead, found := f.Find(Login, Fold(text[from:to])); found {
			return edit{from, to, instead}, true
		}
	}
	if !escaped || from == 0 || text[from-1] != '"' || to == len(text) || text[to] != '"' || from > 1 && text[from-2] == '\\' {
		return e, false
	}
	if rest, is := strings.CutPrefix(text[from:to], "review."); is {
		from = to - len(rest)
	}
	instead, found := f.alone(text[from:to])
	return edit{from, to, instead}, found
}

// profile tells whether a word is the last of an address of a person's page, such
// as https://github.com/dana, or follows /users/. Repositories of theirs stay: they
// are named so upstream.
func profile(text string, from, to int) bool {
	before := text[max(0, from-80):from]
	if strings.HasSuffix(before, "/users/") {
		return true
	}
	host, is := strings.CutSuffix(before, "/")
	i := strings.LastIndex(host, "://")
	return is && i >= 0 && !strings.Contains(host[i+3:], "/") && to < len(text) && text[to] == '"'
}

// alone looks up a string of JSON. A name of one small word is left: it may mean
// anything there, as "admin" does.
func (f Forgetter) alone(text string) (string, bool) {
	folded := Fold(text)
	if instead, found := f.Find(Login, folded); found || folded == text {
		return instead, found
	}
	return f.Find(Word, folded)
}

// mentioned tells whether an @ stands before a word that is no address's.
func mentioned(text string, from, to int, escaped bool) bool {
	if from == 0 || text[from-1] != '@' || to < len(text) && text[to] == '@' {
		return false
	}
	return from == 1 || !core(text[from-2]) || escaped && afterEscape(text, from-1)
}

func inLogin(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80 || c == '.' || c == '_' || c == '-'
}
