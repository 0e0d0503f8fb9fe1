package handlers

import (
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/views"
)

// submitGovernance says what a dataset's data is.
func (h *Handlers) submitGovernance(c *gin.Context) error {
	g, err := governanceForm(c)
	if err == nil {
		err = h.Store.SetGovernance(c.Request.Context(), h.principal(c), subject(c).Ref, g, c.PostForm("reviewed") != "")
	}
	if !refused(err) {
		return seeUnless(c, err, subject(c).Ref.Path()+"#governance")
	}
	p, pageErr := h.subjectPage(c, subject(c))
	if pageErr != nil {
		return pageErr
	}
	p.Error, p.Draft = err.Error(), views.Draft{Form: "governance"}
	p.Data.Draft = g
	return render(c, problemOf(err).Status, views.Subject(p))
}

func governanceForm(c *gin.Context) (g models.Governance, err error) {
	g = models.Governance{Classification: models.Classification(c.PostForm("classification")), LegalBasis: models.LegalBasis(c.PostForm("legal_basis")),
		Purpose: c.PostForm("purpose"), Steward: c.PostForm("steward")}
	n := strings.TrimSpace(c.PostForm("retention"))
	if n == "" {
		return g, nil
	}
	g.Retention, err = models.ParseRetention("P" + n + c.PostForm("retention_unit"))
	if err != nil {
		err = models.FieldErrorf(models.Unprocessed, "retention", "The time that data is kept is a whole number, not %q; leave it empty when nobody knows.", n)
	}
	return g, err
}

// dressData adds what is said of a dataset's data and what is wrong with it.
func (h *Handlers) dressData(c *gin.Context, p *views.SubjectPage) error {
	ctx := c.Request.Context()
	list, err := h.Store.GovernanceHistory(ctx, p.Subject.ID)
	if err != nil {
		return err
	}
	p.Data = &views.DataPage{History: list}
	if len(list) > 0 && list[0].Until.IsZero() {
		p.Data.Now, p.Data.History = list[0], list[1:]
	}
	p.Data.Draft = p.Data.Now
	taken, err := h.Store.VersionTimes(ctx, ids(p.Versions))
	if err != nil {
		return err
	}
	p.DataWarnings = p.Data.Now.Warnings(p.Subject.Ref)
	var over []int64
	var ended []models.DataWarning
	for _, v := range p.Versions {
		one, warning := dataVersion(p.Data.Now, v, taken[v.ID], h.Now())
		p.Data.Versions = append(p.Data.Versions, one)
		if one.Ended {
			over, ended = append(over, v.ID), append(ended, warning)
		}
	}
	p.DataWarnings = append(p.DataWarnings, models.AllEnded(ended)...)
	p.Data.Live, err = h.Store.LiveOn(ctx, h.principal(c), over)
	return err
}

func dataVersion(g models.Governance, v models.Subject, taken, now time.Time) (views.DataVersion, models.DataWarning) {
	warning, ended := g.Ended(v.Ref, taken, now)
	return views.DataVersion{Subject: v, Taken: taken, End: g.Retention.End(taken), Ended: ended}, warning
}

// warnOfData adds what is wrong with the data behind a model where it is live.
func (h *Handlers) warnOfData(c *gin.Context, p *views.SubjectPage) error {
	if p.Line == nil {
		return nil
	}
	line, err := h.Store.Throughline(c.Request.Context(), h.principal(c), p.Line.Environment, p.Line.Model)
	if models.CodeOf(err) == models.NotFound {
		return nil
	}
	p.DataWarnings = line.Warnings(h.Now())
	return err
}
