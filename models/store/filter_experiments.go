package store

import "throughline/models/search"

var experimentAttributes = map[string]string{
	"name": `e.name`, "experiment_id": `e.key`, "creation_time": `NULLIF(e.created_at, 0)`, "last_update_time": `NULLIF(e.updated_at, 0)`,
}

// experimentFilter is a filter and order of experiments; without an order the
// newest come first.
func (d dialect) experimentFilter(q search.Query) selection {
	f := newFiltered(d, len(q.Clauses))
	for _, c := range q.Clauses {
		if c.Entity == search.Tag {
			f.pairClause(`experiment_tags`, `experiment_id`, `e.id`, c)
			continue
		}
		f.columnClause(experimentAttributes, c)
	}
	if len(q.Order) == 0 {
		f.by(experimentAttributes["creation_time"], true)
		return f.done(`e.id`)
	}
	for _, o := range q.Order {
		f.experimentOrder(o)
	}
	return f.done(`e.id DESC`)
}

func (f *filtered) experimentOrder(o search.Order) {
	switch {
	case o.Entity == search.Tag:
		f.pairOrder(`experiment_tags`, `experiment_id`, `e.id`, o)
	case o.Key == "experiment_id": // a number there, and given out in this order here
		f.orders = append(f.orders, f.plainly(`e.id`, o.Desc))
	default:
		f.columnOrder(experimentAttributes, o, "creation_time", "last_update_time")
	}
}
