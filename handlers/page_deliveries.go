package handlers

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/integrations"
	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

const deliveryRows = 50

func (h *Handlers) showDeliveries(c *gin.Context) error {
	before, err := queryNumber(c, "before")
	if err != nil {
		return err
	}
	p := views.DeliveriesPage{Frame: h.settingsFrame(c, "Deliveries"), Project: project(c), State: c.DefaultQuery("state", "parked")}
	filter := store.DeliveryFilter{State: p.State, Before: before, Limit: deliveryRows}
	if p.State == "all" {
		filter.State = ""
	}
	rows, err := h.Store.Deliveries(c.Request.Context(), project(c).ID, filter)
	if err != nil {
		return err
	}
	for _, d := range rows {
		p.Rows = append(p.Rows, deliveryRow(d))
	}
	if len(rows) == deliveryRows {
		p.Next = "/projects/" + project(c).Key + "/deliveries?state=" + p.State + "&before=" + itoa(rows[len(rows)-1].ID)
	}
	return render(c, http.StatusOK, views.Deliveries(p))
}

func deliveryRow(d store.Delivery) views.DeliveryRow {
	return views.DeliveryRow{ID: d.ID, Integration: d.Integration.Label(), Event: d.Name, EventID: d.EventID, Error: d.Error,
		State: d.State, At: d.ReceivedAt, Body: string(d.Body)}
}

func (h *Handlers) delivery(c *gin.Context) (store.Delivery, error) {
	id, err := number(c, "id")
	if err != nil {
		return store.Delivery{}, err
	}
	return h.Store.Delivery(c.Request.Context(), project(c).ID, id)
}

func (h *Handlers) showDelivery(c *gin.Context) error {
	d, err := h.delivery(c)
	if err != nil {
		return err
	}
	return h.deliveryPage(c, http.StatusOK, d, "")
}

func (h *Handlers) deliveryPage(c *gin.Context, status int, d store.Delivery, problem string) error {
	p := views.DeliveryPage{Project: project(c), Row: deliveryRow(d), Error: problem}
	p.Frame = h.settingsFrame(c, "Delivery "+itoa(d.ID), views.Crumb{Text: "Deliveries", Path: "/projects/" + project(c).Key + "/deliveries"})
	return render(c, status, views.Delivery(p))
}

// submitReplay decodes a kept delivery once more and applies it.
func (h *Handlers) submitReplay(c *gin.Context) error {
	d, err := h.delivery(c)
	if err != nil {
		return err
	}
	out, err := h.applyAgain(c.Request.Context(), h.principal(c), d)
	if refused(err) {
		return h.deliveryPage(c, problemOf(err).Status, d, err.Error())
	}
	if err == nil && out.State == "parked" {
		d.State, d.Error = out.State, out.Error
		return h.deliveryPage(c, http.StatusUnprocessableEntity, d, "It could still not be applied.")
	}
	return seeUnless(c, err, "/projects/"+project(c).Key+"/deliveries?state=parked")
}

// applyAgain has the source decode a kept delivery with what it knows now.
func (h *Handlers) applyAgain(ctx context.Context, by models.Principal, d store.Delivery) (store.Outcome, error) {
	source, ok := h.sources[d.Integration.Source].(integrations.Replayer)
	if !ok {
		return store.Outcome{}, models.Errorf(models.Unprocessed, "The source %s cannot decode a kept delivery again.", d.Integration.Source)
	}
	header := http.Header{}
	for name, value := range d.Header {
		header.Set(name, value)
	}
	event, err := source.Replay(ctx, account(d.Integration), d.Name, header, d.Body)
	problem := ""
	if err == nil {
		err = event.Err
	}
	if err != nil {
		problem = err.Error()
	}
	return h.Store.Replay(ctx, by, d, event.Batch, event.Ignored, problem)
}
