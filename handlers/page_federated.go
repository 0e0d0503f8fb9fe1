package handlers

import (
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"throughline/handlers/signin"
	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

// federatedRoutes begin with a link, not a form: our policy keeps forms from
// being led to another site.
func (h *Handlers) federatedRoutes() (list []Route) {
	for _, key := range []string{"oidc", "github"} {
		list = append(list,
			get("/login/"+key, public(), h.withProvider(key, h.beginProvider)),
			get("/login/"+key+"/callback", public(), h.withProvider(key, h.finishProvider)),
			fresh(post("/account/connect/"+key, aPerson(), h.withProvider(key, h.beginConnect))))
	}
	return append(list, fresh(post("/account/identities/:id/remove", aPerson(), h.disconnectIdentity)))
}

// withProvider answers for one that is set up; otherwise there is no such address.
func (h *Handlers) withProvider(key string, then func(*gin.Context, signin.Provider) error) page {
	return func(c *gin.Context) error {
		for _, p := range h.Providers {
			if p.Key() == key {
				return then(c, p)
			}
		}
		return h.nowhere(c)
	}
}

func (h *Handlers) beginProvider(c *gin.Context, p signin.Provider) error {
	f := signin.NewFlow(p.Key(), safeNext(c.Query("next")), h.Now())
	f.Again = !h.principal(c).Anonymous()
	address, err := h.begin(c, p, f)
	if models.CodeOf(err) == models.Busy && err != nil {
		h.Log.WarnContext(c.Request.Context(), "sign-in provider", "provider", p.Key(), "error", cause(err))
		return h.loginPage(c, http.StatusServiceUnavailable, views.LoginPage{Next: f.Next, Error: err.Error()})
	}
	return seeUnless(c, err, address)
}

// begin leaves the flow with the browser and returns where to send it.
func (h *Handlers) begin(c *gin.Context, p signin.Provider, f signin.Flow) (address string, err error) {
	if address, err = p.Begin(c.Request.Context(), f); err != nil {
		return "", err
	}
	sealed, err := h.flows.Seal(f)
	if err != nil {
		return "", err
	}
	h.cookie(c, h.flowCookie(), sealed, int(signin.FlowLife.Seconds()))
	return address, nil
}

func (h *Handlers) flowCookie() string {
	if h.secure {
		return "__Host-signin"
	}
	return "throughline-signin"
}

// finishProvider is where a provider sends the browser back to.
func (h *Handlers) finishProvider(c *gin.Context, p signin.Provider) error {
	keys := []string{"provider " + peer(c.Request)}
	if !h.logins.take(keys) {
		c.Header("Retry-After", "60")
		return h.loginPage(c, http.StatusTooManyRequests, views.LoginPage{Error: errTooOften.Error()})
	}
	f, err := h.returned(c, p)
	var id signin.Identity
	if err == nil {
		id, err = p.Finish(c.Request.Context(), f, c.Request.URL.Query())
	}
	if err == nil {
		h.logins.giveBack(keys)
	}
	if f.Person != 0 {
		return h.finishConnect(c, p, f, id, err)
	}
	var account models.Account
	if err == nil {
		account, err = h.accountOf(c, p, id)
	}
	if err != nil {
		return h.refuseProvider(c, p, f, err)
	}
	return h.enter(c, account, models.Via(p.Key()), f.Next)
}

// returned is the flow of this browser that the answer belongs to. It ends here.
func (h *Handlers) returned(c *gin.Context, p signin.Provider) (signin.Flow, error) {
	stale := models.Errorf(models.Forbidden, "This sign-in was not begun in this browser, took longer than ten minutes, or was used before. Start again.")
	state, err := once(c.QueryArray("state"))
	if err != nil {
		return signin.Flow{}, err
	}
	cookie, err := c.Request.Cookie(h.flowCookie())
	if err != nil {
		return signin.Flow{}, stale
	}
	h.cookie(c, h.flowCookie(), "", -1)
	f, err := h.flows.Return(cookie.Value, p.Key(), state)
	if err != nil {
		return f, stale.Because(err)
	}
	return f, nil
}

// accountOf is the account that an identity belongs to, by issuer and subject
// alone. Somebody new gets one where the provider's people may.
func (h *Handlers) accountOf(c *gin.Context, p signin.Provider, id signin.Identity) (models.Account, error) {
	ctx := c.Request.Context()
	account, err := h.Store.PersonByIdentity(ctx, id.Issuer, id.Subject)
	if err == nil || models.CodeOf(err) != models.NotFound {
		return account, err
	}
	unknown := models.Errorf(models.Forbidden, "Nobody here is connected with this %s account. If you have an account, sign in with your password "+
		"or passkey, then connect %s on your account page. Otherwise ask an administrator for an invitation.", p.Name(), p.Name())
	if !p.MayJoin(id) {
		return account, unknown
	}
	account, err = h.Store.CreateByIdentity(ctx, store.NewPerson{Email: id.Email, Name: id.Name}, newIdentity(id))
	if models.CodeOf(err) == models.Conflict && err != nil {
		return account, unknown
	}
	return account, err
}

func newIdentity(id signin.Identity) store.NewIdentity {
	return store.NewIdentity{Issuer: id.Issuer, Subject: id.Subject, Label: id.Label()}
}

// refuseProvider tells why on the page to sign in; what a person can not mend
// goes to the log.
func (h *Handlers) refuseProvider(c *gin.Context, p signin.Provider, f signin.Flow, err error) error {
	if models.CodeOf(err) == models.Internal {
		return err
	}
	h.metrics.refused.WithLabelValues("login").Inc()
	if why := errors.Unwrap(err); why != nil {
		h.Log.WarnContext(c.Request.Context(), "sign-in refused", "provider", p.Key(), "error", clean(why.Error()), "from", peer(c.Request))
	}
	return h.loginPage(c, problemOf(err).Status, views.LoginPage{Next: safeNext(f.Next), Error: err.Error()})
}

// loginPage completes and renders the page to sign in.
func (h *Handlers) loginPage(c *gin.Context, status int, p views.LoginPage) error {
	p.Frame, p.Passkeys, p.NoPassword = h.frame(c, "Sign in"), h.keys.Possible(), h.NoPasswordLogin
	p.Next = safeNext(p.Next)
	for _, provider := range h.Providers {
		p.Providers = append(p.Providers, views.Provider{Key: provider.Key(), Name: provider.Name(), Issuer: provider.Issuer()})
	}
	return render(c, status, views.Login(p))
}

// issuers are those that people can sign in by.
func (h *Handlers) issuers() (list []string) {
	for _, p := range h.Providers {
		list = append(list, p.Issuer())
	}
	return slices.Clip(list)
}
