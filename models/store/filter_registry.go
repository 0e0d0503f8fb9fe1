package store

import (
	"slices"
	"strings"

	"throughline/models"
	"throughline/models/search"
)

// The conditions of the registry's searches:
//
//	d.registeredModelFilter(q)          rows of: registered_models m
//	d.modelVersionFilter(q)             rows of: model_versions v JOIN registered_models m ON m.id = v.model_id
//	d.loggedModelFilter(q, on)          rows of: logged_models l JOIN experiments e ON e.id = l.experiment_id

// prompts tells whether a filter asks for prompts. It must say so: without a word of
// it models are meant, which have no such tag.
func prompts(q search.Query) bool {
	for _, c := range q.Clauses {
		if c.Entity == search.Tag && c.Key == models.PromptTag {
			value := strings.ToLower(c.Text)
			return c.Op == "=" && value == "true" || c.Op == "!=" && value == "false"
		}
	}
	return false
}

// registryClauses are the conditions of models and versions. A missing tag matches
// nothing, but for the one that marks prompts.
func (f *filtered) registryClauses(q search.Query, columns map[string]string, tags, owner, id string) {
	f.and(`m.prompt = ` + itoa(int64(flag(prompts(q)))))
	for _, c := range q.Clauses {
		switch {
		case c.Entity == search.Tag && c.Key == models.PromptTag:
		case c.Entity == search.Tag:
			f.pairClause(tags, owner, id, c)
		default:
			f.columnClause(columns, c)
		}
	}
}

var registeredAttributes = map[string]string{"name": `m.name`, "last_updated_timestamp": `m.updated_at`, "creation_timestamp": `m.created_at`}

// registeredModelFilter is a filter and order of registered models, at last by name.
func (d dialect) registeredModelFilter(q search.Query) selection {
	f := newFiltered(d, len(q.Clauses))
	f.registryClauses(q, registeredAttributes, `registered_model_tags`, `model_id`, `m.id`)
	for _, o := range q.Order {
		f.columnOrder(registeredAttributes, o, "last_updated_timestamp", "creation_timestamp")
	}
	return f.done(d.text(`m.name`), `m.id`)
}

var versionAttributes = map[string]string{"name": `m.name`, "version_number": `v.version`, "run_id": `v.run_key`, "source_path": `v.source`,
	"creation_timestamp": `v.created_at`, "last_updated_timestamp": `v.updated_at`}

// modelVersionFilter is a filter and order of versions; without an order those that
// changed last come first.
func (d dialect) modelVersionFilter(q search.Query) selection {
	f := newFiltered(d, len(q.Clauses))
	if len(q.Order) == 0 {
		q.Order = []search.Order{{Entity: search.Attribute, Key: "last_updated_timestamp", Desc: true}}
	}
	f.registryClauses(q, versionAttributes, `model_version_tags`, `version_id`, `v.id`)
	for _, o := range q.Order {
		f.columnOrder(versionAttributes, o, "version_number", "creation_timestamp", "last_updated_timestamp")
	}
	return f.done(d.text(`m.name`), `v.version DESC`, `v.id`)
}

var loggedAttributes = map[string]string{"name": `l.name`, "model_id": `l.key`, "model_type": `l.model_type`, "status": `REPLACE(l.status, 'LOGGED_MODEL_', '')`, "source_run_id": `l.source_run`,
	"experiment_id": `e.key`, "artifact_uri": `l.artifact_uri`, "creation_timestamp_ms": `l.created_at`, "last_updated_timestamp_ms": `l.updated_at`}

// MeasuredOn is a dataset that metrics of logged models are about; an empty digest
// means all of that name.
type MeasuredOn struct {
	Name   string `json:"dataset_name"`
	Digest string `json:"dataset_digest"`
}

// condition is that metric x was measured on any of the datasets; all when there are
// none.
func onAny(list []MeasuredOn) (string, []any) {
	var parts []string
	var args []any
	for _, d := range list {
		part := `x.dataset_name = ?`
		args = append(args, d.Name)
		if d.Digest != "" {
			part, args = part+` AND x.dataset_digest = ?`, append(args, d.Digest)
		}
		parts = append(parts, part)
	}
	if parts == nil {
		return `1 = 1`, nil
	}
	return `(` + strings.Join(parts, ` OR `) + `)`, args
}

// LoggedOrder is a key to order logged models by, and for a metric what it was
// measured on.
type LoggedOrder struct {
	search.Order
	On MeasuredOn
}

// loggedModelFilter is a filter of logged models; metrics count where they were
// measured on one of the datasets. The order is at last by the newest, then by id.
func (d dialect) loggedModelFilter(q search.Query, orders []LoggedOrder, on []MeasuredOn) selection {
	f := newFiltered(d, len(q.Clauses))
	measured := false
	for _, c := range q.Clauses {
		measured = measured || c.Entity == search.Metric
		f.loggedClause(c, on)
	}
	if len(on) > 0 && !measured {
		condition, args := onAny(on)
		f.and(`EXISTS (SELECT 1 FROM logged_model_metrics x WHERE x.model_id = l.id AND `+condition+`)`, args...)
	}
	for _, o := range orders {
		f.loggedOrder(o)
	}
	return f.done(`l.created_at DESC`, d.text(`l.key`), `l.id`)
}

func (f *filtered) loggedClause(c search.Clause, on []MeasuredOn) {
	switch c.Entity {
	case search.Metric:
		condition, args := f.compare(`x.value`, c)
		measured, values := onAny(on)
		f.and(`EXISTS (SELECT 1 FROM logged_model_metrics x WHERE x.model_id = l.id AND x.key = ? AND x.nan = 0 AND `+condition+` AND `+measured+f.fence+`)`, slices.Concat([]any{c.Key}, args, values)...)
	case search.Param:
		f.pairClause(`logged_model_params`, `model_id`, `l.id`, c)
	case search.Tag:
		f.pairClause(`logged_model_tags`, `model_id`, `l.id`, c)
	default:
		c.Text = strings.TrimPrefix(c.Text, "LOGGED_MODEL_") // both words for a status are in use
		f.columnClause(loggedAttributes, c)
	}
}

// loggedOrder orders by an attribute, or by the newest value of a metric.
func (f *filtered) loggedOrder(o LoggedOrder) {
	if o.Entity != search.Metric {
		f.columnOrder(loggedAttributes, o.Order, "creation_timestamp_ms", "last_updated_timestamp_ms")
		return
	}
	args := []any{o.Key}
	measured := `1 = 1`
	if o.On.Name != "" {
		var values []any
		measured, values = onAny([]MeasuredOn{o.On})
		args = append(args, values...)
	}
	a := f.ordering(func(a string) string {
		return `LEFT JOIN logged_model_metrics ` + a + ` ON ` + a + `.id = (SELECT x.id FROM logged_model_metrics x WHERE x.model_id = l.id AND x.key = ? AND ` + measured +
			` ORDER BY x.logged_at DESC, x.step DESC, x.run_key LIMIT 1)`
	}, args...)
	f.orders = append(f.orders, `CASE WHEN `+a+`.nan = 1 THEN 1 WHEN `+a+`.value IS NULL THEN 2 ELSE 0 END`, f.plainly(a+`.value`, o.Desc))
}
