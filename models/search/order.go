package search

import (
	"slices"
	"strings"
)

// Orders reads the keys of an order, each "key", "key ASC" or "key DESC". A key may
// stand once.
func (g Grammar) Orders(texts []string) ([]Order, error) {
	if len(texts) > maxOrders {
		return nil, refuse(token{}, "order_by has more than %d keys.", maxOrders)
	}
	var out []Order
	for _, t := range texts {
		o, err := g.order(t)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(b Order) bool { return b.Entity == o.Entity && b.Key == o.Key }) {
			return nil, refuse(token{text: t}, "`order_by` contains duplicate fields: ['%s']", strings.Join(texts, "', '"))
		}
		out = append(out, o)
	}
	return out, nil
}

func (g Grammar) order(text string) (Order, error) {
	if err := readable(text); err != nil {
		return Order{}, err
	}
	tokens := lex(text)
	whole := token{text: text}
	if len(tokens) == 0 || len(tokens) > 2 || slices.ContainsFunc(tokens, func(t token) bool { return t.kind != identifier }) {
		return Order{}, refuse(whole, "Invalid order_by clause '%s'. Could not be parsed.", whole.short())
	}
	desc := len(tokens) == 2 && strings.EqualFold(tokens[1].text, "desc")
	if len(tokens) == 2 && !desc && !strings.EqualFold(tokens[1].text, "asc") {
		return Order{}, refuse(tokens[1], "Invalid ordering key in order_by clause '%s'.", whole.short())
	}
	entity, key, err := g.key(tokens[0], g.orders, g.noOrder)
	if err == nil && entity == Dataset {
		err = refuse(tokens[0], "Invalid order_by entity type '%s'", entity)
	}
	return Order{Entity: entity, Key: g.plainOf(entity, key), Desc: desc}, err
}

// Field reads one key to order by that came apart from its direction, as
// logged-models/search sends it. Of what is not an attribute only metrics pass.
func (g Grammar) Field(name string, desc bool) (Order, error) {
	if err := readable(name); err != nil {
		return Order{}, err
	}
	t := token{kind: identifier, text: name}
	entity, key, err := g.key(t, g.orders, g.noOrder)
	if err != nil {
		return Order{}, err
	}
	if entity != Metric && entity != Attribute {
		return Order{}, refuse(t, "Invalid order by field name: %s. Only metrics are supported.", t.short())
	}
	return Order{Entity: entity, Key: g.plainOf(entity, key), Desc: desc}, nil
}
