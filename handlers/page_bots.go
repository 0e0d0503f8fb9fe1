package handlers

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

// botRoutes are the corner of those who write bots: a token, lines to copy, and
// what arrives of them.
func (h *Handlers) botRoutes() []Route {
	return []Route{
		get("/projects/:key/bots", inProject(models.Maintainer), h.showBots),
		post("/projects/:key/bots", inProject(models.Maintainer), h.submitBot),
	}
}

func (h *Handlers) showBots(c *gin.Context) error {
	p, err := h.botsPage(c)
	if err != nil {
		return err
	}
	if part(c) {
		return render(c, http.StatusOK, views.BotArrivals(p))
	}
	return render(c, http.StatusOK, views.Bots(p))
}

// botsPage is the page as it is now. What arrives after Since is new to it.
func (h *Handlers) botsPage(c *gin.Context) (p views.BotsPage, err error) {
	since, err := queryNumber(c, "since")
	if err != nil {
		return p, err
	}
	p = views.BotsPage{Frame: h.settingsFrame(c, "Bots"), Project: project(c), Base: strings.TrimRight(h.base.String(), "/"), Since: h.Now()}
	if since > 0 {
		p.Since = time.UnixMilli(since)
	}
	list, err := h.Store.Integrations(c.Request.Context(), project(c).ID)
	if err != nil {
		return p, err
	}
	for _, i := range list {
		if i.Source == "cloudevents" {
			p.Parked += i.Parked
			p.Doors = append(p.Doors, i.Name)
		}
	}
	p.Rows, err = h.botRows(c, list)
	return p, err
}

// botsShown is how many of the newest events the page lists.
const botsShown = 5

func (h *Handlers) botRows(c *gin.Context, list []store.Integration) (rows []views.DeliveryRow, err error) {
	for _, i := range list {
		if i.Source != "cloudevents" {
			continue
		}
		found, err := h.Store.Deliveries(c.Request.Context(), i.ProjectID, store.DeliveryFilter{IntegrationID: i.ID, Limit: botsShown})
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			rows = append(rows, deliveryRow(d))
		}
	}
	slices.SortStableFunc(rows, func(a, b views.DeliveryRow) int { return b.At.Compare(a.At) })
	return rows[:min(len(rows), botsShown)], nil
}

// submitBot makes a token that may post events, and connects the door to post to
// where the project has none.
func (h *Handlers) submitBot(c *gin.Context) error {
	p, err := h.botsPage(c)
	if err != nil {
		return err
	}
	p.Name = strings.TrimSpace(c.PostForm("name"))
	value, token, err := h.Store.CreateToken(c.Request.Context(), h.principal(c), store.NewToken{Name: p.Name, Role: models.Contributor, ProjectID: project(c).ID,
		Scopes: []models.Scope{models.ScopeEvents}, ExpiresAt: h.Now().Add(365 * 24 * time.Hour)})
	if err == nil && len(p.Doors) == 0 {
		err = h.openDoor(c)
	}
	if refused(err) {
		p.Error = err.Error()
		return render(c, problemOf(err).Status, views.Bots(p))
	}
	if err != nil {
		return err
	}
	p.Token, p.Made = value, token
	return render(c, http.StatusCreated, views.Bots(p))
}

// openDoor connects CloudEvents, under a name that nobody has.
func (h *Handlers) openDoor(c *gin.Context) error {
	name := strings.ToLower(project(c).Key)
	for n := 1; ; n++ {
		_, err := h.Store.CreateIntegration(c.Request.Context(), h.principal(c), project(c).ID, "cloudevents", name, nil, nil)
		if models.CodeOf(err) != models.Conflict || n == 20 {
			return err
		}
		name = strings.ToLower(project(c).Key) + "-" + strconv.Itoa(n+1)
	}
}
