package handlers

import (
	"context"
	"net/http"
	"time"

	"throughline/models"
	"throughline/models/store"
)

func (h *Handlers) repositoryOperations() []Route {
	return []Route{op(http.MethodGet, "/projects/{key}/repositories", inProject(models.Viewer), "List a project's repositories and how their truth is kept", h.listRepositories)}
}

type repositoryJSON struct {
	Key         string           `json:"key" doc:"host/owner/name"`
	URL         string           `json:"url,omitempty"`
	Integration string           `json:"integration,omitempty" doc:"The one that asks for it; absent where only webhooks tell"`
	State       models.SyncState `json:"state,omitempty" enum:"waiting,importing,ok,failing,gone"`
	Error       string           `json:"error,omitempty" doc:"Why it fails, or what is missing"`
	Webhook     string           `json:"webhook,omitempty" enum:"ok,missing,failing" doc:"Absent where nobody may look"`
	SyncedAt    *time.Time       `json:"synced_at"`
	Pulls       int              `json:"pull_requests"`
	Open        int              `json:"open_pull_requests"`
	ActiveAt    *time.Time       `json:"last_activity_at"`
	Owners      []ownerJSON      `json:"owners"`
}

func repositoryOf(r store.Repository) repositoryJSON {
	return repositoryJSON{Key: r.Sync.Repository, URL: r.Subject.URL, Integration: r.Sync.Integration, State: r.Sync.State, Error: r.Sync.Error,
		Webhook: r.Sync.Hook, SyncedAt: when(r.Sync.SyncedAt), Pulls: r.Pulls, Open: r.Open, ActiveAt: when(r.ActiveAt), Owners: each(r.Owners, ownerOf)}
}

type repositoryList struct {
	Repositories []repositoryJSON `json:"repositories"`
	Next         string           `json:"next,omitempty"`
}

func (h *Handlers) listRepositories(ctx context.Context, in *struct {
	InKey
	Paging
}) (*body[repositoryList], error) {
	list, err := h.Store.Repositories(ctx, actor(ctx), request(ctx).project.ID)
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(list, in.Paging, func(r store.Repository) string { return r.Sync.Repository })
	if err != nil {
		return nil, err
	}
	return reply(repositoryList{Repositories: each(page, repositoryOf), Next: next}), nil
}
