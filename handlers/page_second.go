package handlers

import (
	"encoding/base64"
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/models/second"
	"throughline/views"
)

func (h *Handlers) secondRoutes() []Route {
	return []Route{
		setUp(fresh(get("/account/second", aPerson(), h.showApp))),
		setUp(fresh(post("/account/second", aPerson(), h.turnOnApp))),
		setUp(fresh(post("/account/second/codes", aPerson(), h.newCodes))),
		setUp(fresh(post("/account/second/off", aPerson(), h.turnOffApp))),
	}
}

// showApp offers a fresh secret. It is nobody's until a code of it comes back.
func (h *Handlers) showApp(c *gin.Context) error {
	secret, pending, err := h.Store.NewApp(h.principal(c))
	if err != nil {
		return err
	}
	return h.appPage(c, http.StatusOK, secret, pending, "")
}

func (h *Handlers) appPage(c *gin.Context, status int, secret, pending, problem string) error {
	by := h.principal(c)
	factors, err := h.Store.Factors(c.Request.Context(), by.PersonID)
	if err != nil {
		return err
	}
	picture, err := second.QR(secret, h.base.Host, by.Email)
	if err != nil {
		return err
	}
	return render(c, status, views.SecondFactor(views.SecondFactorPage{Frame: h.accountFrame(c, "Authenticator app"), Factors: factors,
		Asked: by.NeedsSecond, Passkeys: h.keys.Possible(), Secret: secret, Pending: pending, Error: problem,
		Picture: "data:image/png;base64," + base64.StdEncoding.EncodeToString(picture)}))
}

func (h *Handlers) turnOnApp(c *gin.Context) error {
	by, pending := h.principal(c), c.PostForm("pending")
	codes, value, err := h.Store.TurnOnApp(c.Request.Context(), by, pending, c.PostForm("code"))
	if refused(err) {
		return h.appAgain(c, pending, err)
	}
	if err := h.keepSession(c, value, err); err != nil {
		return err
	}
	h.hub.Recheck()
	return h.showCodes(c, codes)
}

// appAgain shows the same picture once more, or a new one when it is too old.
func (h *Handlers) appAgain(c *gin.Context, pending string, problem error) error {
	secret, err := h.Store.PendingApp(h.principal(c), pending)
	if err != nil {
		if secret, pending, err = h.Store.NewApp(h.principal(c)); err != nil {
			return err
		}
	}
	return h.appPage(c, http.StatusUnprocessableEntity, secret, pending, problem.Error())
}

// showCodes shows recovery codes in the answer itself: they are nowhere else.
func (h *Handlers) showCodes(c *gin.Context, codes []string) error {
	return render(c, http.StatusCreated, views.RecoveryCodes(views.RecoveryPage{Frame: h.accountFrame(c, "Recovery codes"), Codes: codes}))
}

func (h *Handlers) newCodes(c *gin.Context) error {
	codes, err := h.Store.NewRecoveryCodes(c.Request.Context(), h.principal(c))
	if err != nil {
		return err
	}
	return h.showCodes(c, codes)
}

func (h *Handlers) turnOffApp(c *gin.Context) error {
	err := h.Store.TurnOffApp(c.Request.Context(), h.principal(c))
	h.hub.Recheck()
	return seeUnless(c, err, "/account")
}
