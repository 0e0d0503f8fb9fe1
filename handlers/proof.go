package handlers

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"throughline/models"
)

// proofLife is how long a person's proof of who they are is good for what could
// lock them out or let others in.
const proofLife = 10 * time.Minute

// detour is an error that a person gets past on another page of ours.
type detour struct {
	err  *models.Error
	path string
}

// Error is the sentence for programs.
func (d *detour) Error() string { return d.err.Error() }

// Unwrap is the error with its code.
func (d *detour) Unwrap() error { return d.err }

// checkSignIn asks more of a person's sign-in where the hub or the route does:
// a second factor, a recent proof. Tokens have neither.
func (h *Handlers) checkSignIn(c *gin.Context, r Route, by models.Principal) error {
	if by.Session == "" || r.Rule.Who == Public {
		return nil
	}
	if by.NeedsSecond && !r.SetUp {
		return &detour{path: "/account/second", err: models.Errorf(models.Forbidden,
			"This hub asks for a second factor. Set one up on your account page, %s; until then nothing else is open to you.", h.link("/account/second"))}
	}
	if r.Fresh && h.Now().Sub(by.Proved) > proofLife {
		return &detour{path: "/account/prove?next=" + url.QueryEscape(comesFrom(c)), err: models.Errorf(models.Forbidden,
			"For this, prove again that it is you, at %s; that is good for ten minutes.", h.link("/account/prove"))}
	}
	return nil
}

// comesFrom is the page to go back to: this one, or the one with the form.
func comesFrom(c *gin.Context) string {
	if c.Request.Method == http.MethodGet {
		return safeNext(c.Request.URL.RequestURI())
	}
	from, err := url.Parse(c.Request.Referer())
	if err != nil || from.Host != c.Request.Host {
		return "/account"
	}
	return safeNext(from.RequestURI())
}
