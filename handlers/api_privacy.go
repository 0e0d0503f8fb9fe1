package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"throughline/models"
	"throughline/models/store"
)

func (h *Handlers) privacyOperations() []Route {
	administrator := inHub(models.Administrator)
	return []Route{
		op(http.MethodGet, "/people/{id}/export", administrator, "Read all that is known of a person; recorded", h.readExport),
		op(http.MethodPost, "/people/{id}/anonymise", administrator, "Make a person nobody, for good", h.anonymisePerson),
		op(http.MethodGet, "/retention", administrator, "Read how long the hub keeps what, and what was cleared away last", h.readRetention),
		op(http.MethodPut, "/retention", administrator, "Say how long the hub keeps what", h.putRetention),
		op(http.MethodPost, "/retention/run", administrator, "Clear away now what has been kept long enough", h.runRetention),
	}
}

// InPerson is a person in the path.
type InPerson struct {
	ID int64 `path:"id" doc:"The person's id"`
}

func (h *Handlers) readExport(ctx context.Context, in *struct {
	InPerson
	Login []string `query:"login" maxItems:"20" doc:"What sources call the person"`
}) (*huma.StreamResponse, error) {
	a, err := h.Store.Person(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(to huma.Context) {
		exportHeaders(to.SetHeader, a)
		to.SetStatus(http.StatusOK)
		if err := h.Store.ExportPerson(ctx, actor(ctx), a, in.Login, to.BodyWriter()); err != nil {
			h.Log.WarnContext(ctx, "export a person", "person", a.ID, "error", err)
		}
	}}, nil
}

type anonymisedJSON struct {
	Person int64            `json:"person"`
	Label  string           `json:"label" doc:"The name from now on"`
	Found  map[string]int64 `json:"found" doc:"Rows in which they stood, by table"`
	Done   bool             `json:"done" doc:"false: only counted"`
}

func (h *Handlers) anonymisePerson(ctx context.Context, in *struct {
	InPerson
	Body struct {
		Confirm string   `json:"confirm,omitempty" doc:"The person's address, to confirm"`
		Logins  []string `json:"logins,omitempty" maxItems:"20" doc:"What sources call the person"`
		DryRun  bool     `json:"dry_run,omitempty" doc:"Only count"`
	}
}) (*body[anonymisedJSON], error) {
	a, err := h.Store.Person(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var out store.Anonymous
	if in.Body.DryRun {
		out, err = h.Store.Anonymise(ctx, actor(ctx), a.Email, in.Body.Logins, true)
	} else {
		out, err = h.anonymise(ctx, actor(ctx), a, in.Body.Confirm, in.Body.Logins)
	}
	if err != nil {
		return nil, err
	}
	return reply(anonymisedJSON{Person: a.ID, Label: out.Label, Found: out.Found, Done: !in.Body.DryRun}), nil
}

// anonymise makes a person nobody when their address was typed to confirm it. A
// browser that goes away does not break it off.
func (h *Handlers) anonymise(ctx context.Context, by models.Principal, a models.Account, confirm string, logins []string) (store.Anonymous, error) {
	if store.Anonymised(a) {
		return store.Anonymous{}, models.Errorf(models.Conflict, "This person was anonymised before.")
	}
	if models.CleanEmail(confirm) != a.Email {
		return store.Anonymous{}, models.FieldErrorf(models.Unprocessed, "confirm", "To confirm, type the person's address as it stands here.")
	}
	out, err := h.Store.Anonymise(context.WithoutCancel(ctx), by, a.Email, logins, false)
	h.tokens.forget()
	h.hub.Recheck()
	return out, err
}

type retentionJSON struct {
	models.Keeping
	LastRun *models.Cleaning `json:"last_run,omitempty" doc:"Absent: there was none yet"`
}

func (h *Handlers) readRetention(ctx context.Context, _ *none) (*body[retentionJSON], error) {
	keep, err := h.Store.Keeping(ctx)
	if err != nil {
		return nil, err
	}
	last, err := h.Store.LastCleaning(ctx)
	out := retentionJSON{Keeping: keep}
	if !last.At.IsZero() {
		out.LastRun = &last
	}
	return reply(out), err
}

func (h *Handlers) putRetention(ctx context.Context, in *struct{ Body models.Keeping }) (*body[retentionJSON], error) {
	if err := h.Store.SetKeeping(ctx, actor(ctx), in.Body); err != nil {
		return nil, err
	}
	return h.readRetention(ctx, nil)
}

type cleaningJSON struct {
	At      time.Time        `json:"at"`
	Removed map[string]int64 `json:"removed" doc:"How many, by setting"`
}

func (h *Handlers) runRetention(ctx context.Context, _ *none) (*body[cleaningJSON], error) {
	c, err := h.Store.Clean(ctx, actor(ctx))
	if err != nil {
		return nil, err
	}
	return reply(cleaningJSON{At: c.At, Removed: c.Removed}), nil
}
