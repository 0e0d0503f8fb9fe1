package forget

import "strings"

// longest is the longest address looked for, in bytes.
const longest = 254

// addresses finds the addresses of known people. An @ may be written %40.
func (f Forgetter) addresses(text string, escaped, parts bool) (out []edit) {
	for i := 0; i < len(text); i++ {
		width := at(text[i:])
		if width == 0 {
			continue
		}
		if e, found := f.address(text, i, width, escaped, parts); found {
			out = append(out, e)
		}
	}
	return out
}

// at is the width of an @ at the beginning of a text.
func at(text string) int {
	switch {
	case text[0] == '@':
		return 1
	case strings.HasPrefix(text, "%40"):
		return 3
	}
	return 0
}

// address tries the possible beginnings of an address around its @, from the
// longest to the shortest: quotes and other signs before it may belong to it or
// not. In keys it may also be a part of a longer word.
func (f Forgetter) address(text string, i, width int, escaped, parts bool) (e edit, found bool) {
	end := i + width
	for end < len(text) && end-i < longest && inDomain(text[end]) {
		end++
	}
	for end > i+width && (text[end-1] == '.' || text[end-1] == '-') {
		end--
	}
	from := i
	for from > 0 && i-from < longest && inLocal(text[from-1]) {
		from--
	}
	domain := Fold(text[i+width : end])
	if domain == "" {
		return e, false
	}
	for ; from < i; from++ {
		if !begins(text, from, escaped) && !(parts && joins(text[from-1])) {
			continue
		}
		if instead, found := f.Find(Address, Fold(text[from:i])+"@"+domain); found {
			return edit{from, end, instead}, true
		}
	}
	return e, false
}

// begins tells whether an address may begin here: after a sign that is no letter,
// after %XX, or after an escape of JSON.
func begins(text string, i int, escaped bool) bool {
	if i == 0 || !core(text[i-1]) {
		return true
	}
	if i >= 3 && text[i-3] == '%' && hex(text[i-1]) && hex(text[i-2]) {
		return true
	}
	return escaped && afterEscape(text, i)
}

// afterEscape tells whether an escape such as \n or \u003c ends here.
func afterEscape(text string, i int) bool {
	return i >= 2 && text[i-2] == '\\' || i >= 6 && text[i-6] == '\\' && text[i-5] == 'u' && hex(text[i-4]) && hex(text[i-3]) && hex(text[i-2]) && hex(text[i-1])
}

// joins are the signs with which keys are put together from parts.
func joins(c byte) bool { return c == '-' || c == '_' || c == '.' || c == '+' }

func hex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// core are the bytes that surely belong to an address where they touch it.
func core(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80 || c == '.' || c == '_' || c == '-' || c == '+'
}

func inLocal(c byte) bool { return core(c) || strings.IndexByte("!#$%&'*/=?^`{|}~\\", c) >= 0 }

func inDomain(c byte) bool { return core(c) && c != '_' && c != '+' }
