package store

import (
	"strings"

	"throughline/models/search"
)

// wordColumns are the fields of the short grammar that are columns of a run's row.
var wordColumns = map[string]string{"state": `s.state`, "status": `r.status`, "user": `r.user_name`, "name": `r.name`, "experiment": `e.name`, "id": `r.key`,
	"source": `i.source || '/' || i.name`}

// wordLinks are the fields that look at what a run is linked with: relation and end.
var wordLinks = map[string]string{"commit": "built_from", "dataset": "trained_on", "model": "produced_by"}

// word adds a condition of the short grammar.
func (f *filtered) word(w search.Word) error {
	condition, args, err := f.wordCondition(w)
	if err != nil {
		return err
	}
	if w.Not {
		condition = `NOT ` + condition
	}
	f.and(condition, args...)
	return nil
}

func (f *filtered) wordCondition(w search.Word) (string, []any, error) {
	kind, key, pair := strings.Cut(w.Field, ".")
	switch {
	case w.Field == "":
		condition, args := f.anyOf(`r.name`, []string{"*" + w.Values[0] + "*"})
		more, values := f.anyOf(`e.name`, []string{"*" + w.Values[0] + "*"})
		return `(` + condition + ` OR ` + more + ` OR r.key = ?)`, append(append(args, values...), w.Values[0]), nil
	case kind == "metric" && pair:
		return f.wordMetric(w, key)
	case pair:
		table := map[string]string{"param": `run_params`, "tag": `run_tags`}[kind]
		return f.wordPair(w, table, key)
	case w.Field == "started" || w.Field == "ended":
		return f.wordTime(w)
	case w.Field == "parent":
		return f.wordPair(w, `run_tags`, "mlflow.parentRunId")
	case w.Field == "project":
		condition, args := f.anyOf(`p.key`, w.Values)
		return `EXISTS (SELECT 1 FROM project_subjects x JOIN projects p ON p.id = x.project_id WHERE x.subject_id = r.id AND ` + condition + `)`, args, nil
	case wordLinks[w.Field] != "":
		return f.wordLink(w)
	}
	column := wordColumns[w.Field]
	if w.Has {
		return `(` + column + ` <> '')`, nil, nil
	}
	condition, args := f.anyOf(column, w.Values)
	return condition, args, nil
}

// anyOf matches any of the values without minding cases; * is any text.
func (f *filtered) anyOf(column string, values []string) (string, []any) {
	parts, args := make([]string, len(values)), make([]any, len(values))
	for n, v := range values {
		parts[n] = `lower(` + column + `) LIKE lower(?) ESCAPE '!'`
		args[n] = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_", "*", "%").Replace(v)
	}
	return `(` + strings.Join(parts, ` OR `) + `)`, args
}

func (f *filtered) wordMetric(w search.Word, key string) (string, []any, error) {
	there := `EXISTS (SELECT 1 FROM run_metrics x WHERE x.run_id = r.id AND x.key = ?`
	if w.Has {
		return there + `)`, []any{key}, nil
	}
	condition, args, err := f.between(`x.value`, w, func(text string) (any, error) { return w.Number(text) })
	return there + ` AND x.nan = 0 AND ` + condition + `)`, append([]any{key}, args...), err
}

func (f *filtered) wordPair(w search.Word, table, key string) (string, []any, error) {
	there := `EXISTS (SELECT 1 FROM ` + table + ` x WHERE x.run_id = r.id AND x.key = ?`
	switch {
	case w.Has:
		return there + `)`, []any{key}, nil
	case w.Op != "" || w.From != "" || w.To != "":
		condition, args, err := f.between(f.number(`x.value`), w, func(text string) (any, error) { return w.Number(text) })
		return there + ` AND ` + condition + `)`, append([]any{key}, args...), err
	}
	condition, args := f.anyOf(`x.value`, w.Values)
	return there + ` AND ` + condition + `)`, append([]any{key}, args...), nil
}

// number reads a text column as a number; NULL where it is none.
func (d dialect) number(column string) string {
	if d.numbers {
		return `(CASE WHEN ` + column + ` ~ '^[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?$' THEN ` + column + `::double precision END)`
	}
	return `(CASE WHEN ` + column + ` GLOB '*[0-9]*' AND ` + column + ` NOT GLOB '*[^0-9.eE+-]*' THEN CAST(` + column + ` AS REAL) END)`
}

func (f *filtered) wordTime(w search.Word) (string, []any, error) {
	column := map[string]string{"started": `r.started_at`, "ended": `r.ended_at`}[w.Field]
	if w.Has {
		return column + ` <> 0`, nil, nil
	}
	condition, args, err := f.between(column, w, func(text string) (any, error) { return w.Moment(text) })
	return `(` + column + ` <> 0 AND ` + condition + `)`, args, err
}

// between compares with one value, with a range, or with any of several.
func (f *filtered) between(column string, w search.Word, read func(string) (any, error)) (string, []any, error) {
	type bound struct{ op, text string }
	bounds := []bound{{">=", w.From}, {"<=", w.To}}
	if w.From == "" && w.To == "" {
		op := w.Op
		if op == "" {
			op = "="
		}
		bounds = []bound{{op, w.Values[0]}}
	}
	var parts []string
	var args []any
	for _, b := range bounds {
		if b.text == "" {
			continue
		}
		v, err := read(b.text)
		if err != nil {
			return "", nil, err
		}
		parts, args = append(parts, column+` `+b.op+` ?`), append(args, v)
	}
	return `(` + strings.Join(parts, ` AND `) + `)`, args, nil
}

func (f *filtered) wordLink(w search.Word) (string, []any, error) {
	from, to := `l.from_id`, `l.to_id`
	if w.Field == "model" { // a version is produced by a run
		from, to = to, from
	}
	there := `EXISTS (SELECT 1 FROM links l JOIN subjects x ON x.id = ` + to + ` WHERE ` + from + ` = r.id AND l.until_at = 0 AND l.relation = ?`
	args := []any{wordLinks[w.Field]}
	if w.Has {
		return there + `)`, args, nil
	}
	var loose []string
	for _, v := range w.Values {
		loose = append(loose, "*"+v+"*")
	}
	condition, values := f.anyOf(`x.key`, loose)
	return there + ` AND ` + condition + `)`, append(args, values...), nil
}
