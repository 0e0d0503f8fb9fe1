package handlers

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/views"
)

func (h *Handlers) showRetention(c *gin.Context) error {
	return h.retentionPage(c, http.StatusOK, views.KeepPage{})
}

func (h *Handlers) retentionPage(c *gin.Context, status int, p views.KeepPage) (err error) {
	p.Frame = h.frame(c, "Retention")
	if p.Keep, err = h.Store.Keeping(c.Request.Context()); err != nil {
		return err
	}
	if p.Last, err = h.Store.LastCleaning(c.Request.Context()); err != nil {
		return err
	}
	return render(c, status, views.Keep(p))
}

func (h *Handlers) submitRetention(c *gin.Context) error {
	keep, typed, err := keepForm(c)
	if err == nil {
		err = h.Store.SetKeeping(c.Request.Context(), h.principal(c), keep)
	}
	return h.answerRetention(c, err, typed)
}

// keepForm reads the days of each rule, with what was typed.
func keepForm(c *gin.Context) (keep models.Keeping, typed map[string]string, err error) {
	typed = map[string]string{}
	for _, r := range models.KeepRules {
		typed[r.Name] = c.PostForm(r.Name)
		n, bad := strconv.Atoi(strings.TrimSpace(typed[r.Name]))
		if bad != nil && err == nil {
			err = models.FieldErrorf(models.Unprocessed, r.Name, "%s: %q is no number of days.", r.What, typed[r.Name])
		}
		*r.Days(&keep) = n
	}
	return keep, typed, err
}

func (h *Handlers) answerRetention(c *gin.Context, err error, typed map[string]string) error {
	if refused(err) {
		return h.retentionPage(c, problemOf(err).Status, views.KeepPage{Error: err.Error(), Typed: typed})
	}
	return seeUnless(c, err, "/settings/retention")
}

func (h *Handlers) submitCleaning(c *gin.Context) error {
	_, err := h.Store.Clean(c.Request.Context(), h.principal(c))
	return h.answerRetention(c, err, nil)
}
