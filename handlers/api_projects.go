package handlers

import (
	"context"
	"net/http"
	"time"

	"throughline/models"
	"throughline/models/store"
)

func (h *Handlers) projectOperations() []Route {
	return []Route{
		op(http.MethodGet, "/projects", signedIn(), "List the projects you may view", h.listProjects),
		created("/projects", inHub(models.Maintainer), "Create a project with the default board", h.createProject),
		op(http.MethodGet, "/projects/{key}", inProject(models.Viewer), "Read a project", h.readProject),
		op(http.MethodPatch, "/projects/{key}", inProject(models.Maintainer), "Change a project's name or description", h.changeProject),
		op(http.MethodGet, "/projects/{key}/activity", inProject(models.Viewer), "List what happened in a project", h.listProjectActivity),
		op(http.MethodGet, "/activity", signedIn(), "List what happened, newest first", h.listActivity),
	}
}

type projectJSON struct {
	Key         string      `json:"key"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Role        models.Role `json:"role" doc:"Yours"`
	URL         string      `json:"url"`
	CreatedAt   *time.Time  `json:"created_at"`
}

func (h *Handlers) projectJSON(p models.Project) projectJSON {
	return projectJSON{Key: p.Key, Name: p.Name, Description: p.Description, Role: p.Role,
		URL: h.link("/projects/" + p.Key + "/board"), CreatedAt: when(p.CreatedAt)}
}

type projectList struct {
	Projects []projectJSON `json:"projects"`
	Next     string        `json:"next,omitempty"`
}

// listProjects pages by key, the order of the list.
func (h *Handlers) listProjects(ctx context.Context, in *struct{ Paging }) (*body[projectList], error) {
	list, err := h.Store.Projects(ctx, actor(ctx))
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(list, in.Paging, func(p models.Project) string { return p.Key })
	if err != nil {
		return nil, err
	}
	return reply(projectList{Projects: each(page, h.projectJSON), Next: next}), nil
}

func (h *Handlers) createProject(ctx context.Context, in *struct {
	Body struct {
		Key         string `json:"key" doc:"2 to 16 capital letters and digits"`
		Name        string `json:"name"`
		Description string `json:"description,omitempty" maxLength:"4000"`
	}
}) (*body[projectJSON], error) {
	p, err := h.Store.CreateProjectAbout(ctx, actor(ctx), in.Body.Key, in.Body.Name, in.Body.Description)
	if err != nil {
		return nil, err
	}
	p.Role = actor(ctx).RoleIn(p.ID)
	return reply(h.projectJSON(p)), nil
}

func (h *Handlers) readProject(ctx context.Context, _ *InKey) (*body[projectJSON], error) {
	return reply(h.projectJSON(request(ctx).project)), nil
}

func (h *Handlers) changeProject(ctx context.Context, in *struct {
	InKey
	Body struct {
		Name        *string `json:"name,omitempty"`
		Description *string `json:"description,omitempty" maxLength:"4000"`
	}
}) (*body[projectJSON], error) {
	p := request(ctx).project
	if in.Body.Name != nil {
		p.Name = *in.Body.Name
	}
	if in.Body.Description != nil {
		p.Description = *in.Body.Description
	}
	if err := h.Store.UpdateProject(ctx, actor(ctx), p); err != nil {
		return nil, err
	}
	return reply(h.projectJSON(p)), nil
}

type activityList struct {
	Activity []activityJSON `json:"activity"`
	Next     string         `json:"next,omitempty"`
}

func (h *Handlers) listProjectActivity(ctx context.Context, in *struct {
	InKey
	Paging
}) (*body[activityList], error) {
	return h.activity(ctx, store.ActivityFilter{Project: request(ctx).project.Key}, in.Paging)
}

func (h *Handlers) listActivity(ctx context.Context, in *struct {
	Paging
	Project string `query:"project" doc:"A project's key"`
}) (*body[activityList], error) {
	return h.activity(ctx, store.ActivityFilter{Project: in.Project}, in.Paging)
}

func (h *Handlers) activity(ctx context.Context, f store.ActivityFilter, p Paging) (*body[activityList], error) {
	before, err := cursor(p.After)
	if err != nil {
		return nil, err
	}
	f.Before, f.Limit = before, p.limit()
	list, err := h.Store.Activity(ctx, actor(ctx), f)
	if err != nil {
		return nil, err
	}
	next := nextOf(list, p, func(a models.Activity) int64 { return a.Seq })
	return reply(activityList{Activity: each(list, h.activityJSON), Next: next}), nil
}
