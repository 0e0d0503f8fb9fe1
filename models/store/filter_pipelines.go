package store

import "throughline/models/search"

// pipelineColumns are the fields of the short grammar that are columns.
var pipelineColumns = map[string]string{"state": `r.state`, "system": `r.system`, "pipeline": `r.pipeline`, "branch": `r.branch`, "user": `r.actor_name`, "number": `r.number`,
	"id": `s.key`, "step": `r.step`, "source": `i.source || '/' || i.name`}

// pipelineLinks are the fields that look at what a pipeline run is linked with.
var pipelineLinks = map[string]string{"commit": `('built_from')`, "dataset": `('reads', 'writes')`}

// pipelineWord adds a condition of the short grammar.
func (f *filtered) pipelineWord(w search.Word) error {
	condition, args, err := f.pipelineCondition(w)
	if err != nil {
		return err
	}
	if w.Not {
		condition = `NOT ` + condition
	}
	f.and(condition, args...)
	return nil
}

func (f *filtered) pipelineCondition(w search.Word) (string, []any, error) {
	switch {
	case w.Field == "":
		return f.anyIn([]string{`r.pipeline`, `r.branch`, `s.title`, `r.error`}, w.Values)
	case w.Field == "error":
		if w.Has {
			return `(r.cause <> '')`, nil, nil
		}
		return f.anyIn([]string{`r.error`, `r.cause`}, w.Values)
	case w.Field == "started" || w.Field == "ended":
		return f.wordTime(w)
	case w.Field == "took":
		condition, args, err := f.between(`r.took`, w, func(text string) (any, error) { return w.Span(text) })
		return `(r.took > 0 AND ` + condition + `)`, args, err
	case w.Field == "project":
		condition, args := f.anyOf(`p.key`, w.Values)
		return `EXISTS (SELECT 1 FROM project_subjects x JOIN projects p ON p.id = x.project_id WHERE x.subject_id = r.id AND ` + condition + `)`, args, nil
	case w.Field == "claim":
		return f.pipelineClaim(w)
	case pipelineLinks[w.Field] != "":
		return f.pipelineLink(w)
	}
	return f.pipelineColumn(w)
}

// anyIn matches any of the values anywhere in any of the columns.
func (f *filtered) anyIn(columns, values []string) (string, []any, error) {
	loose := make([]string, len(values))
	for i, v := range values {
		loose[i] = "*" + v + "*"
	}
	condition, args := `(1 = 0`, []any{}
	for _, c := range columns {
		more, some := f.anyOf(c, loose)
		condition, args = condition+` OR `+more, append(args, some...)
	}
	return condition + `)`, args, nil
}

func (f *filtered) pipelineColumn(w search.Word) (string, []any, error) {
	column := pipelineColumns[w.Field]
	if w.Has {
		return `(` + column + ` <> '')`, nil, nil
	}
	condition, args := f.anyOf(column, w.Values)
	return condition, args, nil
}

func (f *filtered) pipelineClaim(w search.Word) (string, []any, error) {
	there := `EXISTS (SELECT 1 FROM claims c LEFT JOIN people h ON h.id = c.person_id WHERE c.subject_id = r.id AND c.until_at = 0`
	if w.Has {
		return there + `)`, nil, nil
	}
	condition, args := f.anyOf(`COALESCE(h.name, c.by_name)`, w.Values)
	return there + ` AND ` + condition + `)`, args, nil
}

func (f *filtered) pipelineLink(w search.Word) (string, []any, error) {
	there := `EXISTS (SELECT 1 FROM links l JOIN subjects x ON x.id = l.to_id WHERE l.from_id = r.id AND l.until_at = 0 AND l.relation IN ` + pipelineLinks[w.Field]
	if w.Has {
		return there + `)`, nil, nil
	}
	condition, args, err := f.anyIn([]string{`x.key`}, w.Values)
	return there + ` AND ` + condition + `)`, args, err
}
