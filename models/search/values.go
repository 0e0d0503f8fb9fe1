package search

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// clause reads one comparison.
func (g Grammar) clause(c comparison) (parsed, error) {
	p := parsed{ident: c.ident, op: c.operator, value: c.value, Clause: Clause{Op: c.op}}
	if c.ident.kind != identifier {
		return p, refuse(c.ident, "Invalid comparison clause. Expected 'Identifier' found '%s'", c.ident.short())
	}
	var err error
	if p.Entity, p.Key, err = g.key(c.ident, g.keys, g.noKey); err != nil {
		return p, err
	}
	p.Numeric = p.Entity == Metric || p.Entity == Attribute && slices.Contains(g.numbers, g.plain(p.Key))
	if slices.Contains(nullOps, c.op) {
		return p, g.nullable(p)
	}
	err = g.value(&p)
	p.Key = g.plainOf(p.Entity, p.Key)
	return p, err
}

// plain is an attribute by its first name.
func (g Grammar) plain(key string) string { return cmp.Or(g.aliases[key], key) }

func (g Grammar) plainOf(e Entity, key string) string {
	if e != Attribute {
		return key
	}
	return g.plain(key)
}

// key reads an identifier: entity and key, split at the first dot.
func (g Grammar) key(ident token, valid []string, refusal string) (Entity, string, error) {
	name, key, found := strings.Cut(ident.text, ".")
	entity := Attribute
	if !found {
		key = name
	} else if entity, found = g.entities[trim(name, "`")]; !found {
		return "", "", refuse(ident, g.noEntity, token{text: trim(name, "`")}.short())
	}
	key = trim(trim(trim(key, "'"), `"`), "`")
	if entity == Attribute && !slices.Contains(valid, key) {
		return "", "", refuse(ident, refusal, token{text: key}.short())
	}
	if entity == Dataset && !slices.Contains([]string{"name", "digest", "context"}, key) {
		return "", "", refuse(ident, "Invalid dataset key '%s' specified. Valid keys are '{'name', 'context', 'digest'}'", token{text: key}.short())
	}
	return entity, key, nil
}

// trim takes a pair of quotes off.
func trim(s, quote string) string {
	if len(s) >= 2 && strings.HasPrefix(s, quote) && strings.HasSuffix(s, quote) {
		return s[1 : len(s)-1]
	}
	return s
}

func (g Grammar) nullable(p parsed) error {
	if !slices.Contains(g.nulls, p.Entity) {
		return refuse(p.ident, g.noNull, p.Entity, p.Key)
	}
	return nil
}

// value reads what a key is compared with.
func (g Grammar) value(p *parsed) error {
	switch {
	case p.Numeric:
		return g.number(p)
	case p.value.kind == list:
		return g.list(p)
	}
	return g.text(p)
}

// number reads a number; of attributes a quoted one passes where the reference lets
// it (version_number = '2').
func (g Grammar) number(p *parsed) (err error) {
	v := p.value
	p.Text = trim(v.text, "'")
	quotable := p.Entity == Attribute && p.Key == "version_number" && v.kind == text
	if v.kind == number || quotable {
		p.Number, err = strconv.ParseFloat(p.Text, 64)
	}
	switch {
	case v.kind == list && p.Entity == Attribute && g.noList != "":
		return refuse(v, "%s", g.noList)
	case quotable && err != nil:
		return refuse(v, "Invalid value for numeric attribute '%s': %s", p.Key, v.short())
	case p.Entity == Metric && v.kind != number:
		return refuse(v, "Expected numeric value type for metric. Found %s", v.short())
	case v.kind != number && !quotable:
		return refuse(v, "Expected numeric value type for numeric attribute: %s. Found %s", p.Key, v.short())
	case err != nil:
		return refuse(v, "The number %s is out of range.", v.short())
	}
	return nil
}

func (g Grammar) text(p *parsed) error {
	v := p.value
	switch {
	case v.kind == text:
		p.Text = trim(v.text, "'")
	case v.kind == identifier && trim(v.text, `"`) != v.text:
		p.Text = trim(v.text, `"`)
	case g.bareText && (v.kind == identifier || v.kind == number || v.kind == expression):
		p.Text = v.text
	case v.kind == identifier:
		return refuse(v, "Parameter value is either not quoted or unidentified quote types used for string value %s. Use either single or double quotes.", v.short())
	case p.Entity == Attribute:
		return refuse(v, g.noText, v.short())
	case p.Entity == Dataset:
		return refuse(v, "Expected a quoted string value for dataset attributes. Got value %s", v.short())
	default:
		return refuse(v, "Expected a quoted string value for %s (e.g. 'my-value'). Got value %s", p.Entity, v.short())
	}
	return nil
}

// list reads the texts of IN ( … ).
func (g Grammar) list(p *parsed) error {
	switch {
	case g.anyList:
	case p.Entity == Attribute && !slices.Contains(g.lists, p.Key):
		return refuse(p.value, "%s", g.noList)
	case p.Entity == Param || p.Entity == Tag:
		return refuse(p.value, "Expected a quoted string value for %s (e.g. 'my-value'). Got value %s", p.Entity, p.value.short())
	}
	if len(p.value.in) == 0 {
		return refuse(p.value, "While parsing a list in the query, expected a non-empty list of string values, but got empty list")
	}
	p.List = []string{}
	for n, t := range p.value.in {
		item, ok := listItem(t)
		switch {
		case n%2 == 1 && t.kind != comma:
			return refuse(t, "While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list.")
		case n%2 == 1:
			continue
		case !ok:
			return refuse(t, "While parsing a list in the query, expected string value, punctuation, or whitespace, but got different type in list: %s", p.value.short())
		case len(p.List) == maxList:
			return refuse(t, "The list has more than %d values.", maxList)
		}
		p.List = append(p.List, item)
	}
	return nil
}

func listItem(t token) (string, bool) {
	if t.kind == text {
		return trim(t.text, "'"), true
	}
	bare := trim(t.text, `"`)
	return bare, t.kind == identifier && bare != t.text
}
