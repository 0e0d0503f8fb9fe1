package handlers

import (
	"context"
	"net/http"
	"strings"

	"throughline/models"
)

func (h *Handlers) boardOperations() []Route {
	return []Route{
		op(http.MethodGet, "/projects/{key}/board", inProject(models.Viewer), "Read a board: its columns with their first cards", h.readBoard),
		op(http.MethodGet, "/projects/{key}/columns/{column}/cards", inProject(models.Viewer), "List the cards of a column", h.listCards),
		created("/projects/{key}/cards", inProject(models.Contributor), "Add a card that is a plain task", h.createCard),
		op(http.MethodGet, "/projects/{key}/cards/{id}", inProject(models.Viewer), "Read a card", h.readCard),
		op(http.MethodDelete, "/projects/{key}/cards/{id}", inProject(models.Contributor), "Take a card off the board", h.deleteCard),
		op(http.MethodPost, "/projects/{key}/cards/{id}/move", inProject(models.Contributor), "Move a card; 409 when somebody moved it meanwhile", h.moveCard),
	}
}

type boardJSON struct {
	Seq     int64        `json:"seq" doc:"Where a live connection goes on"`
	Columns []columnJSON `json:"columns"`
}

type columnJSON struct {
	ID    int64      `json:"id"`
	Name  string     `json:"name"`
	Limit int        `json:"limit" doc:"0 is none"`
	Count int        `json:"count" doc:"All cards that pass the filter"`
	Cards []cardJSON `json:"cards"`
	Next  string     `json:"next,omitempty"`
}

type cardJSON struct {
	ID       int64            `json:"id"`
	Version  int64            `json:"version" doc:"Rises with each move"`
	Column   string           `json:"column"`
	Position float64          `json:"position"`
	Subject  SubjectJSON      `json:"subject"`
	PlacedBy models.Placement `json:"placed_by"`
	Owners   []string         `json:"owners"`
	Comments int              `json:"comments"`
}

func (h *Handlers) cardJSON(c models.Card) cardJSON {
	return cardJSON{ID: c.ID, Version: c.Version, Column: c.Column, Position: c.Position, Subject: h.subjectJSON(c.Subject),
		PlacedBy: c.PlacedBy, Owners: each(c.Owners, func(s string) string { return s }), Comments: c.Comments}
}

func (h *Handlers) columnJSON(c models.Column) columnJSON {
	return columnJSON{ID: c.ID, Name: c.Name, Limit: c.Limit, Count: c.Count, Cards: each(c.Cards, h.cardJSON), Next: c.Next}
}

// Filtering are the parameters that limit a board.
type Filtering struct {
	Text  string       `query:"q" maxLength:"400"`
	Kind  string       `query:"kind" doc:"One, or several with commas"`
	Owner string       `query:"owner"`
	State models.State `query:"state"`
}

func (f Filtering) filter() models.BoardFilter {
	return models.BoardFilter{Text: f.Text, Kinds: kinds(f.Kind), Owner: f.Owner, State: f.State}
}

func kinds(text string) (out []models.Kind) {
	for _, k := range strings.Split(text, ",") {
		if k = strings.TrimSpace(k); k != "" {
			out = append(out, models.Kind(k))
		}
	}
	return out
}

func (h *Handlers) readBoard(ctx context.Context, in *struct {
	InKey
	Filtering
	Limit int `query:"limit" default:"50" minimum:"1" doc:"Cards of each column, 200 at most"`
}) (*body[boardJSON], error) {
	board, err := h.Store.Board(ctx, request(ctx).project, in.filter(), min(in.Limit, 200))
	if err != nil {
		return nil, err
	}
	return reply(boardJSON{Seq: board.Seq, Columns: each(board.Columns, h.columnJSON)}), nil
}

func (h *Handlers) listCards(ctx context.Context, in *struct {
	InKey
	Filtering
	Paging
	Column int64 `path:"column"`
}) (*body[columnJSON], error) {
	column, err := h.Store.ColumnCards(ctx, request(ctx).project, in.Column, in.filter(), in.After, in.limit())
	if err != nil {
		return nil, err
	}
	return reply(h.columnJSON(column)), nil
}

// InCard is a card in the path.
type InCard struct {
	InKey
	ID int64 `path:"id"`
}

func (h *Handlers) readCard(ctx context.Context, in *InCard) (*body[cardJSON], error) {
	card, err := h.Store.CardByID(ctx, request(ctx).project, in.ID)
	if err != nil {
		return nil, err
	}
	return reply(h.cardJSON(card)), nil
}

func (h *Handlers) createCard(ctx context.Context, in *struct {
	InKey
	Body struct {
		Title  string `json:"title"`
		Column string `json:"column,omitempty" doc:"A column's name; the rules decide when absent"`
	}
}) (*body[cardJSON], error) {
	p := request(ctx).project
	column, err := h.columnNamed(ctx, p, in.Body.Column)
	if err != nil {
		return nil, err
	}
	card, err := h.Store.AddCard(ctx, actor(ctx), p, in.Body.Title, column)
	if err != nil {
		return nil, err
	}
	return reply(h.cardJSON(card)), nil
}

// columnNamed is the id of a project's column; 0 for no name.
func (h *Handlers) columnNamed(ctx context.Context, p models.Project, name string) (int64, error) {
	if name == "" {
		return 0, nil
	}
	settings, err := h.Store.BoardSettings(ctx, p.ID)
	if err != nil {
		return 0, err
	}
	for _, c := range settings.Columns {
		if strings.EqualFold(c.Name, name) {
			return c.ID, nil
		}
	}
	return 0, models.FieldErrorf(models.Unprocessed, "column", "The board has no column %q.", name)
}

func (h *Handlers) deleteCard(ctx context.Context, in *InCard) (*empty, error) {
	if err := h.Store.RemoveCard(ctx, actor(ctx), request(ctx).project, in.ID); err != nil {
		return nil, err
	}
	return &empty{Status: http.StatusNoContent}, nil
}

func (h *Handlers) moveCard(ctx context.Context, in *struct {
	InCard
	Body struct {
		Column  string `json:"column" doc:"The column's name"`
		After   int64  `json:"after,omitempty" doc:"The id of the card to stand below; the top when absent"`
		Bottom  bool   `json:"bottom,omitempty" doc:"The end of the column"`
		Version int64  `json:"version,omitempty" doc:"The version you saw; a stale one is refused with 409"`
	}
}) (*body[cardJSON], error) {
	p := request(ctx).project
	column, err := h.columnNamed(ctx, p, in.Body.Column)
	if err != nil {
		return nil, err
	}
	card, err := h.Store.MoveCard(ctx, actor(ctx), p, models.Move{Card: in.ID, Version: in.Body.Version, Column: column,
		After: in.Body.After, Bottom: in.Body.Bottom})
	if err != nil {
		return nil, err
	}
	return reply(h.cardJSON(card)), nil
}
