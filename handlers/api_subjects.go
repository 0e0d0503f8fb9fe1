package handlers

import (
	"context"
	"net/http"

	"throughline/models"
	"throughline/models/store"
)

func (h *Handlers) subjectOperations() []Route {
	one := "/subjects/{kind}/{key}"
	view, write := ofSubject(models.Viewer, refParam), ofSubject(models.Contributor, refParam)
	return []Route{
		op(http.MethodGet, "/subjects", signedIn(), "Search subjects, newest first", h.listSubjects),
		op(http.MethodGet, one, view, "Read a subject with its facts, links and owners", h.readSubject),
		op(http.MethodGet, one+"/compare", view, "Compare a pull request's runs with what is live of the same models", h.comparePull),
		op(http.MethodGet, one+"/owners", view, "List who answers for a subject", h.listOwners),
		op(http.MethodPut, one+"/owners", write, "Say who answers for a subject", h.putOwners),
		op(http.MethodGet, one+"/activity", view, "List what happened to a subject", h.listSubjectActivity),
		op(http.MethodGet, one+"/comments", view, "List the comments on a subject", h.listComments),
		created(one+"/comments", write, "Comment on a subject, in Markdown", h.createComment),
	}
}

type subjectList struct {
	Subjects []SubjectJSON `json:"subjects"`
	Next     string        `json:"next,omitempty"`
}

func (h *Handlers) listSubjects(ctx context.Context, in *struct {
	Paging
	Kind    string       `query:"kind" doc:"One, or several with commas"`
	Source  string       `query:"source"`
	Text    string       `query:"q" maxLength:"400"`
	State   models.State `query:"state"`
	Project string       `query:"project" doc:"A project's key"`
	Best    bool         `query:"best" doc:"The best match first, among the newest"`
}) (*body[subjectList], error) {
	list, next, err := h.Store.Subjects(ctx, actor(ctx), store.SubjectFilter{Kinds: kinds(in.Kind), Source: in.Source, Text: in.Text,
		State: in.State, Project: in.Project, Best: in.Best, After: in.After, Limit: in.limit()})
	if err != nil {
		return nil, err
	}
	return reply(subjectList{Subjects: each(list, h.subjectJSON), Next: next}), nil
}

type subjectFull struct {
	SubjectJSON
	Facts    map[string]any `json:"facts"`
	Links    []linkJSON     `json:"links" doc:"From this subject"`
	LinkedBy []linkJSON     `json:"linked_by" doc:"To this subject"`
	Owners   []ownerJSON    `json:"owners"`
}

func (h *Handlers) readSubject(ctx context.Context, _ *InSubject) (*body[subjectFull], error) {
	s := request(ctx).subject
	out, in, err := h.Store.Links(ctx, actor(ctx), s.ID)
	if err != nil {
		return nil, err
	}
	owners, err := h.Store.Owners(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	full := subjectFull{SubjectJSON: h.subjectJSON(s), Facts: s.Facts, Links: each(out, h.linkJSON),
		LinkedBy: each(in, h.linkJSON), Owners: each(owners, ownerOf)}
	if full.Facts == nil {
		full.Facts = map[string]any{}
	}
	return reply(full), nil
}

type ownerList struct {
	Owners []ownerJSON `json:"owners"`
}

func (h *Handlers) listOwners(ctx context.Context, _ *InSubject) (*body[ownerList], error) {
	owners, err := h.Store.Owners(ctx, request(ctx).subject.ID)
	if err != nil {
		return nil, err
	}
	return reply(ownerList{Owners: each(owners, ownerOf)}), nil
}

func (h *Handlers) putOwners(ctx context.Context, in *struct {
	InSubject
	Body struct {
		Owners []struct {
			Person string `json:"person" maxLength:"254" minLength:"1" doc:"E-mail, login or team"`
			As     string `json:"as,omitempty" enum:"owner,deputy,steward,on-call" default:"owner"`
		} `json:"owners" maxItems:"50"`
	}
}) (*body[ownerList], error) {
	claims := make([]models.OwnerClaim, 0, len(in.Body.Owners))
	for _, o := range in.Body.Owners {
		claims = append(claims, models.OwnerClaim{Person: o.Person, As: o.As})
	}
	owners, err := h.Store.SetOwners(ctx, actor(ctx), request(ctx).subject.Ref, claims)
	if err != nil {
		return nil, err
	}
	return reply(ownerList{Owners: each(owners, ownerOf)}), nil
}

func (h *Handlers) listSubjectActivity(ctx context.Context, in *struct {
	InSubject
	Paging
}) (*body[activityList], error) {
	return h.activity(ctx, store.ActivityFilter{Subject: request(ctx).subject.ID}, in.Paging)
}

type commentList struct {
	Comments []commentJSON `json:"comments"`
}

func (h *Handlers) listComments(ctx context.Context, _ *InSubject) (*body[commentList], error) {
	list, err := h.Store.Comments(ctx, request(ctx).subject.ID)
	if err != nil {
		return nil, err
	}
	return reply(commentList{Comments: each(list, commentOf)}), nil
}

func (h *Handlers) createComment(ctx context.Context, in *struct {
	InSubject
	Body struct {
		Body string `json:"body" doc:"Markdown" minLength:"1" maxLength:"65536"`
	}
}) (*body[commentJSON], error) {
	comment, err := h.Store.AddComment(ctx, actor(ctx), request(ctx).subject.ID, in.Body.Body)
	if err != nil {
		return nil, err
	}
	return reply(commentOf(comment)), nil
}
