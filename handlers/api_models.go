package handlers

import (
	"context"
	"mime"
	"net/http"
	"time"

	"throughline/integrations"
	"throughline/models"
	"throughline/models/store"
)

func (h *Handlers) modelOperations() []Route {
	return []Route{
		op(http.MethodGet, "/models", signedIn(), "List the models, newest first", h.listModels),
		op(http.MethodGet, "/models/{name}/card", signedIn(), "Read a model card", h.readModelCard),
		op(http.MethodPut, "/models/{name}/card", somewhere(models.Contributor), "Save a model card, as Markdown", h.putModelCard),
	}
}

type modelList struct {
	Models []SubjectJSON `json:"models"`
	Next   string        `json:"next,omitempty"`
}

func (h *Handlers) listModels(ctx context.Context, in *struct {
	Paging
	Text    string `query:"q" maxLength:"400"`
	Project string `query:"project" doc:"A project's key"`
}) (*body[modelList], error) {
	list, next, err := h.Store.Subjects(ctx, actor(ctx), store.SubjectFilter{Kinds: []models.Kind{models.Model}, Text: in.Text,
		Project: in.Project, After: in.After, Limit: in.limit()})
	if err != nil {
		return nil, err
	}
	return reply(modelList{Models: each(list, h.subjectJSON), Next: next}), nil
}

type modelCardJSON struct {
	Model    string           `json:"model"`
	Revision int              `json:"revision"`
	Markdown string           `json:"markdown"`
	Problems []models.Problem `json:"problems" doc:"What is wrong with the front matter; the text is kept all the same"`
	Sections []sectionJSON    `json:"sections"`
	By       string           `json:"by"`
	At       *time.Time       `json:"at"`
	URL      string           `json:"url"`
}

type sectionJSON struct {
	Name   string `json:"name"`
	Filled bool   `json:"filled"`
}

func (h *Handlers) modelCardJSON(card models.CardRevision) modelCardJSON {
	return modelCardJSON{Model: card.Model, Revision: card.Number, Markdown: card.Markdown,
		Problems: each(card.Problems, func(p models.Problem) models.Problem { return p }),
		Sections: each(card.Sections, func(s models.Section) sectionJSON { return sectionJSON(s) }),
		By:       card.By, At: when(card.At), URL: h.link(models.Ref{Kind: models.Model, Key: card.Model}.Path())}
}

// InModel is a model in the path.
type InModel struct {
	Name string `path:"name"`
}

func (h *Handlers) readModelCard(ctx context.Context, in *InModel) (*body[modelCardJSON], error) {
	if _, err := h.Store.Find(ctx, actor(ctx), models.Ref{Kind: models.Model, Key: in.Name}); err != nil {
		return nil, err
	}
	card, err := h.Store.Card(ctx, in.Name)
	if err == nil && card == nil {
		err = models.Errorf(models.NotFound, "The model %s has no model card yet.", in.Name)
	}
	if err != nil {
		return nil, err
	}
	return reply(h.modelCardJSON(*card)), nil
}

func (h *Handlers) putModelCard(ctx context.Context, in *struct {
	InModel
	Project     string `query:"project" doc:"The key of the project a new model belongs to"`
	ContentType string `header:"Content-Type"`
	RawBody     []byte `contentType:"text/markdown"`
}) (*body[modelCardJSON], error) {
	if kind, _, _ := mime.ParseMediaType(in.ContentType); in.ContentType != "" && kind != "text/markdown" && kind != "text/plain" {
		return nil, models.Errorf(models.Unsupported, "Send the model card as text/markdown or text/plain.")
	}
	project, err := h.homeOf(ctx, in.Name, in.Project)
	if err != nil {
		return nil, err
	}
	card, err := h.saveModelCard(ctx, project, in.Name, string(in.RawBody))
	if err != nil {
		return nil, err
	}
	return reply(h.modelCardJSON(card)), nil
}

// homeOf is the project that a model card is saved in: 0 for a model there is,
// which belongs to one already.
func (h *Handlers) homeOf(ctx context.Context, model, key string) (int64, error) {
	by, ref := actor(ctx), models.Ref{Kind: models.Model, Key: model}
	if s, err := h.Store.Find(ctx, by, ref); err == nil {
		return 0, h.Store.MayWrite(ctx, by, s.ID, models.Contributor)
	}
	if _, err := h.Store.Find(ctx, models.Principal{Hub: models.Administrator}, ref); models.CodeOf(err) != models.NotFound {
		return 0, models.Errorf(models.NotFound, "There is no model %s, or it is not yours to see.", model)
	}
	return h.homeForNew(ctx, by, key)
}

// homeForNew is the project of a model nobody has told us of: the one named, or
// the only one the principal may write in.
func (h *Handlers) homeForNew(ctx context.Context, by models.Principal, key string) (int64, error) {
	projects, err := h.Store.Projects(ctx, by)
	if err != nil {
		return 0, err
	}
	var found []models.Project
	for _, p := range projects {
		if p.Role.AtLeast(models.Contributor) && (key == "" || p.Key == key) {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		return 0, models.Errorf(models.NotFound, "Nobody has told of this model yet. Say which project it belongs to, with ?project=KEY.")
	}
	return found[0].ID, nil
}

func (h *Handlers) saveModelCard(ctx context.Context, project int64, model, markdown string) (models.CardRevision, error) {
	for _, s := range h.Sources {
		reader, ok := s.(integrations.CardReader)
		if !ok {
			continue
		}
		batch, err := reader.ReadCard(model, markdown, h.Now().UTC())
		if err != nil {
			return models.CardRevision{}, err
		}
		return h.Store.SaveCard(ctx, actor(ctx), project, model, batch)
	}
	return models.CardRevision{}, models.Errorf(models.Unsupported, "This hub reads no model cards.")
}
