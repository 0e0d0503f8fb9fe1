package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/views"
)

// showCard is one card: the part that a live board fetches, or the page of its
// subject.
func (h *Handlers) showCard(c *gin.Context) error {
	card, err := h.card(c)
	if err != nil {
		return err
	}
	if part(c) {
		return render(c, http.StatusOK, views.CardItem(card))
	}
	return see(c, card.Subject.Ref.Path())
}

// showMove is the form that moves a card without the script.
func (h *Handlers) showMove(c *gin.Context) error {
	card, err := h.card(c)
	if err != nil {
		return err
	}
	if v, err := queryNumber(c, "version"); err == nil && v != 0 {
		card.Version = v // the one the person saw on the board
	}
	return h.movePage(c, http.StatusOK, card, "")
}

func (h *Handlers) movePage(c *gin.Context, status int, card models.Card, problem string) error {
	board, err := h.Store.Board(c.Request.Context(), project(c), models.BoardFilter{}, 1)
	if err != nil {
		return err
	}
	f := h.frame(c, "Move a card")
	f.Crumbs = crumbs(project(c), views.Crumb{Text: "Move"})
	return render(c, status, views.Move(views.MovePage{Frame: f, Card: card, Columns: board.Columns, Error: problem}))
}

// submitMove moves a card, whether the script, a menu or a plain form asks.
func (h *Handlers) submitMove(c *gin.Context) error {
	m, err := moveForm(c)
	if err != nil {
		return err
	}
	card, err := h.Store.MoveCard(c.Request.Context(), h.principal(c), project(c), m)
	switch {
	case part(c) && err != nil:
		writeProblem(c, problemOf(err))
		return nil
	case part(c):
		return render(c, http.StatusOK, views.CardItem(card))
	case refused(err):
		return h.refuseMove(c, err)
	}
	return seeUnless(c, err, boardOf(project(c)))
}

func (h *Handlers) refuseMove(c *gin.Context, reason error) error {
	card, err := h.card(c)
	if err != nil {
		return err
	}
	return h.movePage(c, problemOf(reason).Status, card, reason.Error())
}

func moveForm(c *gin.Context) (m models.Move, err error) {
	if m.Card, err = number(c, "id"); err != nil {
		return m, err
	}
	if m.Version, err = formNumber(c, "version"); err != nil {
		return m, err
	}
	if m.Column, err = formNumber(c, "column"); err != nil {
		m.Name, m.Column = c.PostForm("column"), 0
	}
	m.Bottom = c.PostForm("place") == "bottom"
	m.After, err = formNumber(c, "after")
	return m, err
}

func (h *Handlers) submitClose(c *gin.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	err = h.Store.CloseTask(c.Request.Context(), h.principal(c), project(c), id, models.Closed)
	return seeUnless(c, err, boardOf(project(c)))
}

func (h *Handlers) submitRemoval(c *gin.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	err = h.Store.RemoveCard(c.Request.Context(), h.principal(c), project(c), id)
	return seeUnless(c, err, boardOf(project(c)))
}

func (h *Handlers) card(c *gin.Context) (models.Card, error) {
	id, err := number(c, "id")
	if err != nil {
		return models.Card{}, err
	}
	return h.Store.CardByID(c.Request.Context(), project(c), id)
}
