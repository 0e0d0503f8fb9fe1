package handlers

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"throughline/models"
	"throughline/models/store"
)

// AuditQuery is the filter of the audit record, as addresses carry it.
type AuditQuery struct {
	Who     string `query:"who" maxLength:"200" doc:"person:3, token:7, integration:2, system; person, token or integration for all of them; else a part of the name"`
	Action  string `query:"action" maxLength:"100" doc:"card.moved, or card.* for all of a kind"`
	Project string `query:"project" maxLength:"16" doc:"A project's key; - is what belongs to no project"`
	Subject string `query:"subject" maxLength:"1000" doc:"KIND/KEY, such as model/churn"`
	From    string `query:"from" maxLength:"40" doc:"A day, or a moment as RFC 3339; included"`
	To      string `query:"to" maxLength:"40" doc:"A day, included, or a moment as RFC 3339, not included"`
	Text    string `query:"text" maxLength:"200" doc:"Part of what a row says changed"`
}

// auditQuery reads the filter of a page's address.
func auditQuery(q url.Values) AuditQuery {
	get := func(name string) string { return strings.TrimSpace(q.Get(name)) }
	return AuditQuery{get("who"), get("action"), get("project"), get("subject"), get("from"), get("to"), get("text")}
}

// filter is what the store takes; within is the one project that the caller may
// see, 0 for all.
func (q AuditQuery) filter(within int64) (f store.AuditFilter, err error) {
	f = store.AuditFilter{ProjectID: within, Project: q.Project, Who: q.Who, Action: q.Action, Text: q.Text}
	if q.Subject != "" {
		kind, key, _ := strings.Cut(q.Subject, "/")
		f.Subject = models.Ref{Kind: models.Kind(kind), Key: key}
		if !f.Subject.Kind.Known() || key == "" {
			return f, models.FieldErrorf(models.Unprocessed, "subject", "Name a subject as KIND/KEY, such as model/churn.")
		}
	}
	if f.From, err = auditTime("from", q.From, 0); err != nil {
		return f, err
	}
	f.To, err = auditTime("to", q.To, 24*time.Hour)
	return f, err
}

// auditTime reads a day, to which the rest of it is added, or a moment.
func auditTime(name, text string, rest time.Duration) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.Add(rest), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, models.FieldErrorf(models.Unprocessed, name, "%q is neither a day such as 2026-11-23 nor a moment such as 2026-11-23T10:00:00Z.", text)
}

// oneOf refuses a parameter that is there twice: which counts would be a guess.
func oneOf(q url.Values) error {
	for _, name := range []string{"who", "action", "project", "subject", "from", "to", "text", "format", "before"} {
		if len(q[name]) > 1 {
			return models.FieldErrorf(models.Unprocessed, name, "%s was sent more than once.", name)
		}
	}
	return nil
}

// actionGroups are the actions by their kind: the part before the dot.
func actionGroups(actions []string) (groups [][]string) {
	for _, a := range actions {
		kind, _, _ := strings.Cut(a, ".")
		last := len(groups) - 1
		if last >= 0 && strings.HasPrefix(groups[last][0], kind+".") {
			groups[last] = append(groups[last], a)
			continue
		}
		groups = append(groups, []string{a})
	}
	return slices.Clip(groups)
}
