package search

import "strings"

// grouped makes one token of each pair of parentheses and of NOT LIKE.
func grouped(tokens []token, in string) []token {
	var out []token
	ends := closings(tokens)
	for n := 0; n < len(tokens); n++ {
		t := tokens[n]
		end, closes := ends[n]
		switch {
		case closes:
			last := tokens[end]
			out = append(out, token{kind: list, text: in[t.at : last.at+1], at: t.at, in: tokens[n+1 : end]})
			n = end
		case t.is("NOT") && n+1 < len(tokens) && tokens[n+1].kind == operator && patterns[strings.ToUpper(tokens[n+1].text)]:
			last := tokens[n+1]
			out = append(out, token{kind: operator, text: in[t.at : last.at+len(last.text)], at: t.at})
			n++
		default:
			out = append(out, t)
		}
	}
	return out
}

// closings tells where each parenthesis closes; those that never do are not in it.
func closings(tokens []token) map[int]int {
	out := map[int]int{}
	var opened []int
	for at, t := range tokens {
		switch {
		case t.kind == open:
			opened = append(opened, at)
		case t.kind == shut && len(opened) > 0:
			out[opened[len(opened)-1]] = at
			opened = opened[:len(opened)-1]
		}
	}
	return out
}

// comparison is three tokens; op is IN, NOT IN, IS NULL or IS NOT NULL when they are
// words, and the last two have no value.
type comparison struct {
	ident, operator, value token
	op                     string
}

// compare finds the comparisons among tokens, and what is none.
func compare(tokens []token) (found []comparison, invalid []token) {
	for len(tokens) > 0 {
		if c, n := comparisonAt(tokens); n > 0 {
			found, tokens = append(found, c), tokens[n:]
			continue
		}
		if !tokens[0].is("AND") {
			invalid = append(invalid, tokens[0])
		}
		tokens = tokens[1:]
	}
	return found, invalid
}

func comparisonAt(t []token) (comparison, int) {
	if c, n := wordsAt(t); n > 0 {
		return c, n
	}
	if len(t) < 3 || !t[0].operand() || t[1].kind != operator || !t[2].operand() {
		return comparison{}, 0
	}
	return comparison{ident: t[0], operator: t[1], value: t[2], op: strings.Join(strings.Fields(strings.ToUpper(t[1].text)), " ")}, 3
}

// operand tells whether a token can stand beside an operator.
func (t token) operand() bool {
	switch t.kind {
	case identifier, expression, number, text, list:
		return true
	}
	return false
}

// forms are the comparisons whose operator is words.
var forms = []struct {
	op    string
	words []string
	list  bool
}{
	{op: "IN", words: []string{"IN"}, list: true},
	{op: "NOT IN", words: []string{"NOT", "IN"}, list: true},
	{op: "IS NULL", words: []string{"IS", "NULL"}},
	{op: "IS NOT NULL", words: []string{"IS", "NOT", "NULL"}},
}

func wordsAt(t []token) (comparison, int) {
	if len(t) == 0 || t[0].kind != identifier {
		return comparison{}, 0
	}
	for _, f := range forms {
		n := 1 + len(f.words)
		if !follow(t[1:], f.words) || f.list && (len(t) <= n || t[n].kind != list) {
			continue
		}
		c := comparison{ident: t[0], operator: t[1], op: f.op}
		if f.list {
			c.value = t[n]
			n++
		}
		return c, n
	}
	return comparison{}, 0
}

func follow(t []token, words []string) bool {
	if len(t) < len(words) {
		return false
	}
	for n, w := range words {
		if !t[n].is(w) {
			return false
		}
	}
	return true
}
