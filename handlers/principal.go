package handlers

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
)

// Keys of what the request's chain knows.
const (
	requestKey = "request"
	routeKey   = "route"
	csrfKey    = "csrf"
)

type askedContext struct{}

// asked is what the route's rule found out about a request.
type asked struct {
	by      models.Principal
	project models.Project
	subject models.Subject
	file    models.File
	team    models.Team
	failed  error // what an operation ended with, for the log
}

// request is what is known of the request of an API operation.
func request(ctx context.Context) *asked {
	a, ok := ctx.Value(askedContext{}).(*asked)
	if !ok {
		return &asked{}
	}
	return a
}

// principal is who asks.
func (h *Handlers) principal(c *gin.Context) models.Principal { return actor(c.Request.Context()) }

// csrf is what forms of this session carry in their hidden field.
func (h *Handlers) csrf(c *gin.Context) string { return c.GetString(csrfKey) }

// actor is who asks, for the operations of the API.
func actor(ctx context.Context) models.Principal { return request(ctx).by }

// admit finds out who asks and whether they may.
func (h *Handlers) admit(c *gin.Context, r Route) error {
	session, err := h.identify(c)
	if err != nil && r.Rule.Who != Public {
		return err
	}
	by := session.Principal
	c.Set(csrfKey, session.CSRF)
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), askedContext{}, &asked{by: by}))
	if err := h.guardForm(c, r, session); err != nil {
		return err
	}
	if err := h.checkSignIn(c, r, by); err != nil {
		return err
	}
	return h.check(c, r, by)
}

// identify reads the token of the header, else the cookie of the session. Nobody
// is no error. A credential in the query string is not looked at.
func (h *Handlers) identify(c *gin.Context) (store.Session, error) {
	if token, ok := bearer(c.Request); ok {
		by, err := h.tokens.principal(c.Request.Context(), h.Store, token)
		return store.Session{Principal: by}, err
	}
	cookie, err := c.Request.Cookie(h.cookieName())
	if err != nil || cookie.Value == "" {
		return store.Session{}, nil
	}
	return h.Store.PrincipalBySession(c.Request.Context(), cookie.Value)
}

// bearer is the token of the Authorization header: Bearer, or Basic with the
// token as password.
func bearer(r *http.Request) (token string, ok bool) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return "", false
	}
	if _, password, basic := r.BasicAuth(); basic {
		return password, true
	}
	scheme, value, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", true // some other credential, which opens nothing
	}
	return strings.TrimSpace(value), true
}

// guardForm refuses what another site's page sent with our cookie. A browser's
// word on where a request comes from is one guard, the session's token another.
func (h *Handlers) guardForm(c *gin.Context, r Route, session store.Session) error {
	if safe(c.Request.Method) || r.Class == Hook || session.Principal.TokenID != 0 {
		return nil
	}
	if err := h.origins.Check(c.Request); err != nil {
		return models.Errorf(models.Forbidden, "This form came from another site: %w", err)
	}
	if session.CSRF == "" {
		return nil // nobody is signed in: there is nothing to ride on
	}
	sent, err := formToken(c, r)
	if err != nil || !sameText(sent, session.CSRF) {
		return models.Errorf(models.Forbidden, "This form is too old or not ours. Load the page again and send it once more.")
	}
	return nil
}

// formToken is the token that came with a request, in its head or in its form.
func formToken(c *gin.Context, r Route) (string, error) {
	sent := c.GetHeader("X-CSRF-Token")
	if sent != "" || r.Class != Page {
		return sent, nil
	}
	if !r.Upload {
		return c.PostForm("csrf"), nil
	}
	if !isForm(c) {
		return "", nil
	}
	form, err := parts(c)
	if err != nil {
		return "", err
	}
	return form.csrf()
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// tokens remembers for a second whose token a value is: bots send hundreds of
// events a second with the same one. A revocation takes hold when the second ends.
type tokens struct {
	now  func() time.Time
	mu   sync.Mutex
	seen map[string]tokenEntry
}

type tokenEntry struct {
	by    models.Principal
	until time.Time
}

const (
	tokenMemory = time.Second
	tokensKept  = 1000
)

func newTokens(now func() time.Time) *tokens {
	return &tokens{now: now, seen: map[string]tokenEntry{}}
}

func (t *tokens) principal(ctx context.Context, s *store.Store, value string) (models.Principal, error) {
	now := t.now()
	t.mu.Lock()
	entry, known := t.seen[value]
	t.mu.Unlock()
	if known && now.Before(entry.until) {
		return entry.by, nil
	}
	by, err := s.PrincipalByToken(ctx, value)
	if err != nil {
		return by, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.seen) >= tokensKept {
		clear(t.seen)
	}
	t.seen[value] = tokenEntry{by: by, until: now.Add(tokenMemory)}
	return by, nil
}

// forget makes a revocation take hold at once in this process.
func (t *tokens) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.seen)
}
