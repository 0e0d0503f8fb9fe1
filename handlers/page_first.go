package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/integrations"
	"throughline/models/store"
	"throughline/views"
)

const firstRows = 5

// showFirst waits for the first delivery; the script asks for the part alone.
func (h *Handlers) showFirst(c *gin.Context) error {
	p, i, _, err := step[integrations.Hooker](c, h, "First delivery")
	if err != nil {
		return err
	}
	rows, err := h.Store.Deliveries(c.Request.Context(), project(c).ID, store.DeliveryFilter{IntegrationID: i.ID, Limit: firstRows + 1})
	if err != nil {
		return err
	}
	path := integrationPath(project(c), i.Source, i.Name)
	p.First = views.FirstPart{Path: path + "/first", Source: p.Source.Title, Bad: i.BadSignatures, Earlier: len(rows) > firstRows,
		Settings: path, Webhook: path + "/webhook", Next: boardOf(project(c)), NextText: "See the board"}
	if p.Asks {
		p.First.Next, p.First.NextText = path+"/import", "See the import"
	}
	for _, d := range rows[:min(len(rows), firstRows)] {
		p.First.Rows = append(p.First.Rows, deliveryRow(d))
	}
	if part(c) {
		return render(c, http.StatusOK, views.FirstDelivery(p.First))
	}
	return render(c, http.StatusOK, views.First(p))
}
