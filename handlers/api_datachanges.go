package handlers

import (
	"context"
	"net/http"
	"time"

	"throughline/models"
	"throughline/models/store"
)

func (h *Handlers) changeOperations() []Route {
	at := "/datasets/{namespace}/{name}/changes"
	return []Route{
		op(http.MethodGet, "/data-changes", signedIn(), "List the announced changes of datasets, the next day first", h.listChanges),
		op(http.MethodGet, at, ofSubject(models.Viewer, datasetParam), "List the announced changes of a dataset", h.listDatasetChanges),
		created(at, ofSubject(models.Contributor, datasetParam), "Announce a change of a dataset", h.announceChange),
		op(http.MethodPatch, at+"/{id}", ofSubject(models.Contributor, datasetParam), "Move an announced change to another day, withdraw it, or say that it happened", h.patchChange),
		created("/models/{name}/data-changes/{id}/answers", ofSubject(models.Contributor, modelParam), "Answer what an announced change means for a live model", h.answerChange),
	}
}

type changeJSON struct {
	ID      int64                `json:"id"`
	Dataset refJSON              `json:"dataset"`
	Kind    models.ChangeKind    `json:"kind"`
	Columns []string             `json:"columns"`
	On      string               `json:"on" doc:"The day: 2026-12-01"`
	Text    string               `json:"text,omitempty"`
	By      string               `json:"by"`
	At      *time.Time           `json:"at"`
	State   models.ChangeState   `json:"state" doc:"planned, withdrawn or happened"`
	Verdict models.ChangeVerdict `json:"verdict,omitempty" doc:"The worst answer; absent while a model waits and none is blocked"`
	Waiting int                  `json:"waiting" doc:"Models that nobody answered for"`
	Models  []changeLineJSON     `json:"models" doc:"Live models that the change affects"`
}

type changeLineJSON struct {
	Model   string               `json:"model"`
	Live    []refJSON            `json:"live"`
	Owners  []ownerJSON          `json:"owners"`
	Silent  []string             `json:"silent" doc:"Owners who have not answered"`
	Verdict models.ChangeVerdict `json:"verdict,omitempty"`
	Answers []changeAnswerJSON   `json:"answers"`
}

type changeAnswerJSON struct {
	By      string               `json:"by"`
	Verdict models.ChangeVerdict `json:"verdict"`
	Text    string               `json:"text,omitempty"`
	At      *time.Time           `json:"at"`
}

func changeOf(c models.DataChange) changeJSON {
	return changeJSON{ID: c.ID, Dataset: refOf(c.Dataset.Ref), Kind: c.Kind, Columns: orEmpty(c.Columns), On: c.On.UTC().Format(time.DateOnly), Text: c.Text, By: c.By, At: when(c.At),
		State: c.State, Verdict: c.Worst(), Waiting: c.Waiting(), Models: each(c.Lines, changeLineOf)}
}

func changeLineOf(l models.ChangeLine) changeLineJSON {
	out := changeLineJSON{Model: l.Model.Ref.Key, Live: refsOf(l.Deployments), Owners: each(l.Owners, ownerOf), Silent: []string{}, Verdict: l.Worst()}
	for _, o := range l.Silent() {
		out.Silent = append(out.Silent, o.Person)
	}
	out.Answers = each(l.Answers, func(a models.ChangeAnswer) changeAnswerJSON {
		return changeAnswerJSON{By: a.By, Verdict: a.Verdict, Text: a.Text, At: when(a.At)}
	})
	return out
}

type changeList struct {
	Changes []changeJSON `json:"data_changes"`
}

func (h *Handlers) listChanges(ctx context.Context, in *struct {
	Past bool `query:"past" doc:"Those that were withdrawn or happened, too"`
}) (*body[changeList], error) {
	list, err := h.Store.Changes(ctx, actor(ctx), store.ChangeFilter{Past: in.Past})
	return reply(changeList{Changes: each(list, changeOf)}), err
}

func (h *Handlers) listDatasetChanges(ctx context.Context, in *struct {
	InDataset
	Past bool `query:"past" doc:"Those that were withdrawn or happened, too"`
}) (*body[changeList], error) {
	list, err := h.Store.Changes(ctx, actor(ctx), store.ChangeFilter{Dataset: request(ctx).subject.ID, Past: in.Past})
	return reply(changeList{Changes: each(list, changeOf)}), err
}

func (h *Handlers) announceChange(ctx context.Context, in *struct {
	InDataset
	Body struct {
		Kind    models.ChangeKind `json:"kind" enum:"column_removed,column_renamed,type_changed,meaning_changed,dataset_retired,other"`
		Columns []string          `json:"columns,omitempty" maxItems:"100"`
		On      string            `json:"on" doc:"The day: 2026-12-01"`
		Text    string            `json:"text,omitempty" maxLength:"10000"`
	}
}) (*body[changeJSON], error) {
	on, err := readDay(in.Body.On)
	if err != nil {
		return nil, err
	}
	id, err := h.Store.AnnounceChange(ctx, actor(ctx), request(ctx).subject, models.DataChange{Kind: in.Body.Kind, Columns: in.Body.Columns, On: on, Text: in.Body.Text})
	if err != nil {
		return nil, err
	}
	c, err := h.Store.Change(ctx, actor(ctx), id)
	return reply(changeOf(c)), err
}

// readDay reads a day; what is none is refused.
func readDay(text string) (time.Time, error) {
	on, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return on, models.FieldErrorf(models.Unprocessed, "on", "Say on which day, as 2026-12-01; %q is none.", text)
	}
	return on, nil
}

// changeHere is a change of the dataset in the address.
func (h *Handlers) changeHere(ctx context.Context, id int64) (models.DataChange, error) {
	c, err := h.Store.Change(ctx, actor(ctx), id)
	if err == nil && c.Dataset.ID != request(ctx).subject.ID {
		err = models.Errorf(models.NotFound, "There is no such change, or it is not yours to see.")
	}
	return c, err
}

func (h *Handlers) patchChange(ctx context.Context, in *struct {
	InDataset
	ID   int64 `path:"id"`
	Body struct {
		On    string             `json:"on,omitempty" doc:"Another day"`
		State models.ChangeState `json:"state,omitempty" enum:"withdrawn,happened"`
	}
}) (*body[changeJSON], error) {
	c, err := h.changeHere(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	switch {
	case in.Body.State != "" && in.Body.On == "":
		err = h.Store.EndChange(ctx, actor(ctx), c, in.Body.State)
	case in.Body.State == "" && in.Body.On != "":
		err = h.moveChange(ctx, c, in.Body.On)
	default:
		err = models.Errorf(models.Unprocessed, "Say either another day or a state.")
	}
	if err != nil {
		return nil, err
	}
	c, err = h.Store.Change(ctx, actor(ctx), in.ID)
	return reply(changeOf(c)), err
}

func (h *Handlers) moveChange(ctx context.Context, c models.DataChange, day string) error {
	on, err := readDay(day)
	if err != nil {
		return err
	}
	return h.Store.MoveChange(ctx, actor(ctx), c, on)
}

func (h *Handlers) answerChange(ctx context.Context, in *struct {
	Name string `path:"name"`
	ID   int64  `path:"id"`
	Body struct {
		Verdict models.ChangeVerdict `json:"verdict" enum:"safe,needs_work,blocked"`
		Text    string               `json:"text,omitempty" maxLength:"10000"`
	}
}) (*body[changeJSON], error) {
	c, err := h.Store.Change(ctx, actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	if err := h.Store.AnswerChange(ctx, actor(ctx), c, models.ChangeAnswer{Model: request(ctx).subject.ID, Verdict: in.Body.Verdict, Text: in.Body.Text}); err != nil {
		return nil, err
	}
	c, err = h.Store.Change(ctx, actor(ctx), in.ID)
	return reply(changeOf(c)), err
}
