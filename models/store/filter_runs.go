package store

import "throughline/models/search"

// runColumns are the attributes of runs. Times are absent where they are 0.
var runColumns = map[string]string{
	"run_id": `r.key`, "run_name": `r.name`, "user_id": `r.user_name`, "status": `r.status`, "artifact_uri": `r.artifact_uri`,
	"start_time": `NULLIF(r.started_at, 0)`, "end_time": `NULLIF(r.ended_at, 0)`,
}

// runFilter is a filter and order of runs, at last by the newest start, then by id.
func (d dialect) runFilter(q search.Query) selection {
	f := newFiltered(d, len(q.Clauses))
	for _, c := range q.Clauses {
		f.runClause(c)
	}
	last := []string{`r.started_at DESC`, d.text(`r.key`), `r.id`}
	for _, o := range q.Order {
		f.runOrder(o)
		if o.Entity == search.Attribute && o.Key == "start_time" {
			last = last[1:]
		}
	}
	return f.done(last...)
}

func (f *filtered) runClause(c search.Clause) {
	switch c.Entity {
	case search.Metric:
		f.metricClause(c)
	case search.Param:
		f.pairClause(`run_params`, `run_id`, `r.id`, c)
	case search.Tag:
		f.pairClause(`run_tags`, `run_id`, `r.id`, c)
	case search.Dataset:
		f.datasetClause(c)
	default:
		f.columnClause(runColumns, c)
	}
}

// columnClause compares an attribute; one that there is none of matches nothing.
func (f *filtered) columnClause(columns map[string]string, c search.Clause) {
	column, ok := columns[c.Key]
	if !ok {
		f.and(`1 = 0`)
		return
	}
	condition, args := f.compare(column, c)
	f.and(condition, args...)
}

// metricClause compares the latest value; one that is no number only differs.
func (f *filtered) metricClause(c search.Clause) {
	condition, args := f.compare(`x.value`, c)
	if c.Op == "!=" {
		condition = `(x.nan = 1 OR ` + condition + `)`
	} else {
		condition = `x.nan = 0 AND ` + condition
	}
	f.and(`EXISTS (SELECT 1 FROM run_metrics x WHERE x.run_id = r.id AND x.key = ? AND `+condition+f.fence+`)`, append([]any{c.Key}, args...)...)
}

// pairClause compares the value of a tag or a parameter; a missing one matches
// nothing but IS NULL. Table and columns are constants.
func (f *filtered) pairClause(table, owner, id string, c search.Clause) {
	there := `EXISTS (SELECT 1 FROM ` + table + ` x WHERE x.` + owner + ` = ` + id + ` AND x.key = ?`
	switch c.Op {
	case "IS NULL":
		f.and(`NOT `+there+f.fence+`)`, c.Key)
	case "IS NOT NULL":
		f.and(there+f.fence+`)`, c.Key)
	default:
		condition, args := f.compare(`x.value`, c)
		f.and(there+` AND `+condition+f.fence+`)`, append([]any{c.Key}, args...)...)
	}
}

// datasetClause matches runs of which any input does. Its context is a tag of the
// input.
func (f *filtered) datasetClause(c search.Clause) {
	there := `EXISTS (SELECT 1 FROM run_inputs i JOIN input_datasets d ON d.id = i.dataset_id WHERE i.run_id = r.id AND `
	if c.Key == "context" {
		condition, args := f.compare(`t.value ->> 'value'`, c)
		f.and(there+`EXISTS (SELECT 1 FROM `+f.each(`i.tags`)+` t WHERE t.value ->> 'key' = 'mlflow.data.context' AND `+condition+`)`+f.fence+`)`, args...)
		return
	}
	column := map[string]string{"name": `d.name`, "digest": `d.digest`}[c.Key]
	if column == "" {
		f.and(`1 = 0`)
		return
	}
	condition, args := f.compare(column, c)
	f.and(there+condition+f.fence+`)`, args...)
}

// each is a JSON list as rows with a column value.
func (d dialect) each(column string) string {
	if d.numbers {
		return `json_array_elements(` + column + `::json)`
	}
	return `json_each(` + column + `)`
}

func (f *filtered) runOrder(o search.Order) {
	switch o.Entity {
	case search.Metric:
		f.metricOrder(o)
	case search.Param:
		f.pairOrder(`run_params`, `run_id`, `r.id`, o)
	case search.Tag:
		f.pairOrder(`run_tags`, `run_id`, `r.id`, o)
	default:
		f.columnOrder(runColumns, o, "start_time", "end_time")
	}
}

// metricOrder puts what is not a number behind numbers, and runs without the metric
// last.
func (f *filtered) metricOrder(o search.Order) {
	a := f.ordering(func(a string) string {
		return `LEFT JOIN run_metrics ` + a + ` ON ` + a + `.run_id = r.id AND ` + a + `.key = ?`
	}, o.Key)
	f.orders = append(f.orders, `CASE WHEN `+a+`.nan = 1 THEN 1 WHEN `+a+`.value IS NULL THEN 2 ELSE 0 END`, f.plainly(a+`.value`, o.Desc))
}

func (f *filtered) pairOrder(table, owner, id string, o search.Order) {
	a := f.ordering(func(a string) string {
		return `LEFT JOIN ` + table + ` ` + a + ` ON ` + a + `.` + owner + ` = ` + id + ` AND ` + a + `.key = ?`
	}, o.Key)
	f.by(f.text(a+`.value`), o.Desc)
}

// columnOrder orders by an attribute; those named in numbers are no text.
func (f *filtered) columnOrder(columns map[string]string, o search.Order, numbers ...string) {
	column, ok := columns[o.Key]
	if !ok {
		return
	}
	for _, n := range numbers {
		if n == o.Key {
			f.by(column, o.Desc)
			return
		}
	}
	f.by(f.text(column), o.Desc)
}
