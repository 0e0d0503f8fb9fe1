package handlers

import (
	"slices"

	"github.com/gin-gonic/gin"

	"throughline/models"
)

// manyFold are the parameters of addresses that may stand there more than once.
var manyFold = []string{"kind", "run", "column"}

// refuseRepeated refuses an address that names a parameter twice: taking the
// first would be a guess, and whoever stands between us may have taken the last.
// Hooks are their sources' business.
func refuseRepeated(c *gin.Context, r Route) error {
	if r.Class == Hook || r.Class == Tracking || c.Request.URL.RawQuery == "" {
		return nil
	}
	for name, values := range c.Request.URL.Query() {
		if len(values) > 1 && (r.Class == API || !slices.Contains(manyFold, name)) {
			return models.FieldErrorf(models.Unprocessed, clean(name), "The parameter %q stands in the address more than once.", clean(name))
		}
	}
	return nil
}
