package handlers

import (
	"github.com/gin-gonic/gin"

	"throughline/views"
)

// dressRepository adds how a repository's truth is kept, what is open in it, and
// what is built from it.
func (h *Handlers) dressRepository(c *gin.Context, p *views.SubjectPage) error {
	ctx, by := c.Request.Context(), h.principal(c)
	now, err := h.Store.RepositoryNow(ctx, by, p.Subject.Ref.Key)
	if err != nil {
		return err
	}
	affected, err := h.Store.AffectedBy(ctx, by, p.Subject)
	p.Repository = &views.RepositoryPart{Syncs: now.Syncs, Open: now.Open, Pulls: now.Pulls, Affected: affected}
	return err
}
