package handlers

import (
	"time"

	"throughline/models"
)

// refJSON names a subject.
type refJSON struct {
	Kind models.Kind `json:"kind"`
	Key  string      `json:"key"`
}

func refOf(r models.Ref) refJSON { return refJSON{Kind: r.Kind, Key: r.Key} }

func (r refJSON) ref() models.Ref { return models.Ref{Kind: r.Kind, Key: r.Key} }

// SubjectJSON is a subject in lists and on cards.
type SubjectJSON struct {
	Kind        models.Kind  `json:"kind"`
	Key         string       `json:"key"`
	Title       string       `json:"title"`
	State       models.State `json:"state"`
	URL         string       `json:"url" doc:"Our page of it"`
	UpstreamURL string       `json:"upstream_url,omitempty" doc:"Its page where it lives"`
	Source      string       `json:"source,omitempty"`
	Integration string       `json:"integration,omitempty"`
	RawState    string       `json:"raw_state,omitempty" doc:"The source's own word"`
	StateAt     *time.Time   `json:"state_at,omitempty"`
	Stale       bool         `json:"stale"`
	Described   bool         `json:"described" doc:"false: only mentioned by others so far"`
	UpdatedAt   *time.Time   `json:"updated_at,omitempty"`
	Seq         int64        `json:"seq"`
}

func (h *Handlers) subjectJSON(s models.Subject) SubjectJSON {
	return SubjectJSON{Kind: s.Ref.Kind, Key: s.Ref.Key, Title: s.Title, State: s.State, URL: h.link(s.Ref.Path()),
		UpstreamURL: s.URL, Source: s.Source, Integration: s.Integration, RawState: s.Raw, StateAt: when(s.StateAt),
		Stale: s.Stale, Described: s.Described, UpdatedAt: when(s.UpdatedAt), Seq: s.Seq}
}

// link is the whole address of one of our paths.
func (h *Handlers) link(path string) string { return h.base.Scheme + "://" + h.base.Host + path }

// when leaves out times that never were.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// each turns a list into JSON's; an empty one is [], never null.
func each[T, U any](list []T, turn func(T) U) []U {
	out := make([]U, len(list))
	for i, v := range list {
		out[i] = turn(v)
	}
	return out
}

// linkJSON is one edge.
type linkJSON struct {
	ID       int64           `json:"id"`
	Relation models.Relation `json:"relation"`
	From     SubjectJSON     `json:"from"`
	To       SubjectJSON     `json:"to"`
	Evidence models.Evidence `json:"evidence"`
	Source   string          `json:"source,omitempty"`
	By       string          `json:"by,omitempty"`
	Since    *time.Time      `json:"since,omitempty"`
	Manual   bool            `json:"manual" doc:"Made by a person; only a person removes it"`
}

func (h *Handlers) linkJSON(l models.Link) linkJSON {
	return linkJSON{ID: l.ID, Relation: l.Relation, From: h.subjectJSON(l.From), To: h.subjectJSON(l.To), Evidence: l.Evidence,
		Source: l.Source, By: l.By, Since: when(l.Since), Manual: l.Manual}
}

// ownerJSON answers for a subject.
type ownerJSON struct {
	Subject  *refJSON        `json:"subject,omitempty"`
	Person   string          `json:"person" doc:"An address, a login or team:KEY"`
	Name     string          `json:"name,omitempty" doc:"Of the account or team behind it"`
	Team     string          `json:"team,omitempty"`
	Gone     string          `json:"gone,omitempty" doc:"Why nobody is behind it any more; absent: somebody is"`
	As       string          `json:"as"`
	Evidence models.Evidence `json:"evidence"`
	By       string          `json:"by,omitempty"`
	Since    *time.Time      `json:"since,omitempty"`
}

func ownerOf(o models.Owner) ownerJSON {
	return ownerJSON{Person: o.Person, Name: o.Name, Team: o.Team, Gone: o.Gone, As: o.As, Evidence: o.Evidence, By: o.By, Since: when(o.Since)}
}

// activityJSON is one row of the record of changes.
type activityJSON struct {
	Seq     int64          `json:"seq"`
	At      *time.Time     `json:"at"`
	Actor   string         `json:"actor"`
	By      string         `json:"by"`
	Action  string         `json:"action"`
	Project string         `json:"project,omitempty"`
	Subject *SubjectJSON   `json:"subject,omitempty"`
	Detail  map[string]any `json:"detail"`
}

func (h *Handlers) activityJSON(a models.Activity) activityJSON {
	out := activityJSON{Seq: a.Seq, At: when(a.At), Actor: a.Actor, By: a.By, Action: a.Action, Project: a.Project, Detail: a.Detail}
	if a.Subject != nil {
		s := h.subjectJSON(*a.Subject)
		out.Subject = &s
	}
	if out.Detail == nil {
		out.Detail = map[string]any{}
	}
	return out
}

// commentJSON is a comment with its text in Markdown.
type commentJSON struct {
	ID     int64      `json:"id"`
	Author string     `json:"author"`
	Body   string     `json:"body"`
	At     *time.Time `json:"at"`
	Edited *time.Time `json:"edited_at,omitempty"`
}

func commentOf(c models.Comment) commentJSON {
	return commentJSON{ID: c.ID, Author: c.Author, Body: c.Body, At: when(c.At), Edited: when(c.Edited)}
}
