package handlers

import (
	"github.com/gin-gonic/gin"

	"throughline/integrations"
	"throughline/models/store"
	"throughline/views"
)

// reportsShown is how many reports an integration's page shows; the API lists all.
const reportsShown = 10

// addReports adds what the integration's upstream is told.
func (h *Handlers) addReports(c *gin.Context, p *views.IntegrationPage, i store.Integration, s integrations.Source) {
	reporter, tells := s.(integrations.Reporter)
	if !tells || i.ID == 0 {
		return
	}
	list, _, err := h.Store.Reports(c.Request.Context(), i.ID, "", reportsShown)
	if err != nil {
		h.Log.Error("list reports", "integration", i.Label(), "error", err)
	}
	speech := reporter.Speech(account(i))
	p.Tells, p.Telling, p.Note, p.Reports = true, len(speech.Kinds) > 0, speech.Note, list
}
