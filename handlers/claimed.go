package handlers

import (
	"slices"

	"github.com/gin-gonic/gin"
)

// claims are the headers by which proxies of other programs say who is signed in.
// Nobody is believed who sends one: they are not read anywhere.
var claims = []string{"X-Webauth-User", "X-Webauth-Email", "X-Webauth-Name", "X-Webauth-Role", "X-Forwarded-User", "X-Forwarded-Email",
	"X-Remote-User", "Remote-User", "X-Auth-Request-User", "X-Auth-Request-Email", "X-Authenticated-User"}

// warnOfClaims tells the operator once that somebody, or a proxy, says who is
// signed in, and that it is of no effect.
func (h *Handlers) warnOfClaims(c *gin.Context) {
	i := slices.IndexFunc(claims, func(name string) bool { return len(c.Request.Header[name]) > 0 })
	if i < 0 {
		return
	}
	h.claimed.Do(func() {
		h.Log.WarnContext(c.Request.Context(), "a header that says who is signed in is ignored; take it out of the proxy", "header", claims[i], "peer", peer(c.Request))
	})
}
