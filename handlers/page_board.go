package handlers

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/views"
)

// How many cards of a column a page shows at first, and how many more at a time.
const (
	firstCards   = 50
	furtherCards = 100
)

func (h *Handlers) boardRoutes() []Route {
	return []Route{
		get("/projects/:key", inProject(models.Viewer), h.openProject),
		get("/projects/:key/board", inProject(models.Viewer), h.showBoard),
		get("/projects/:key/board/columns/:id", inProject(models.Viewer), h.showColumn),
		get("/projects/:key/board/counts", inProject(models.Viewer), h.showCounts),
		post("/projects/:key/cards", inProject(models.Contributor), h.submitTask),
		get("/projects/:key/cards/:id", inProject(models.Viewer), h.showCard),
		get("/projects/:key/cards/:id/move", inProject(models.Contributor), h.showMove),
		post("/projects/:key/cards/:id/move", inProject(models.Contributor), h.submitMove),
		post("/projects/:key/cards/:id/close", inProject(models.Contributor), h.submitClose),
		post("/projects/:key/cards/:id/remove", inProject(models.Maintainer), h.submitRemoval),
	}
}

func (h *Handlers) openProject(c *gin.Context) error { return see(c, boardOf(project(c))) }

func (h *Handlers) showBoard(c *gin.Context) error {
	board, err := h.Store.Board(c.Request.Context(), project(c), boardFilter(c), firstCards)
	if err != nil {
		return err
	}
	rendered, err := h.rendered.of(c.Request.Context(), board, h.Now())
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, views.Board(views.BoardPage{Frame: h.frame(c, project(c).Name), Board: board, Rendered: rendered}))
}

func (h *Handlers) showColumn(c *gin.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	column, err := h.Store.ColumnCards(c.Request.Context(), project(c), id, boardFilter(c), c.Query("after"), furtherCards)
	if err != nil {
		return err
	}
	p := views.ColumnPage{Frame: h.frame(c, column.Name), Column: column, Filter: boardFilter(c)}
	if part(c) {
		return render(c, http.StatusOK, views.ColumnPart(p))
	}
	p.Frame.Crumbs = crumbs(project(c), views.Crumb{Text: column.Name})
	return render(c, http.StatusOK, views.Column(p))
}

// showCounts is how many cards each column holds, for boards that show a window.
func (h *Handlers) showCounts(c *gin.Context) error {
	columns, err := h.Store.Counts(c.Request.Context(), project(c), boardFilter(c))
	if err != nil {
		return err
	}
	counts := map[string]int{}
	for _, column := range columns {
		counts[strconv.FormatInt(column.ID, 10)] = column.Count
	}
	c.JSON(http.StatusOK, counts)
	return nil
}

func (h *Handlers) submitTask(c *gin.Context) error {
	column, err := formNumber(c, "column")
	if err != nil {
		return err
	}
	_, err = h.Store.AddCard(c.Request.Context(), h.principal(c), project(c), c.PostForm("title"), column)
	if !refused(err) {
		return seeUnless(c, err, boardOf(project(c)))
	}
	board, boardErr := h.Store.Board(c.Request.Context(), project(c), models.BoardFilter{}, firstCards)
	if boardErr != nil {
		return boardErr
	}
	return render(c, problemOf(err).Status, views.Board(views.BoardPage{Frame: h.frame(c, project(c).Name), Board: board,
		Error: err.Error(), Task: c.PostForm("title")}))
}

func boardOf(p models.Project) string { return "/projects/" + p.Key + "/board" }

// boardFilter reads the filter that a board keeps in its address.
func boardFilter(c *gin.Context) models.BoardFilter {
	f := models.BoardFilter{Text: c.Query("q"), Owner: c.Query("owner"), State: models.State(c.Query("state"))}
	for _, k := range c.QueryArray("kind") {
		if kind := models.Kind(k); kind.Known() && !slices.Contains(f.Kinds, kind) {
			f.Kinds = append(f.Kinds, kind)
		}
	}
	return f
}
