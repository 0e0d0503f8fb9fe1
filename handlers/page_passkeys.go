package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/handlers/signin"
	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) passkeyRoutes() []Route {
	return []Route{
		setUp(fresh(get("/account/passkeys", aPerson(), h.showPasskeys))),
		setUp(fresh(post("/account/passkeys", aPerson(), h.addPasskey))),
		setUp(fresh(ask("/account/passkeys/ask", aPerson(), h.askNewPasskey))),
		setUp(fresh(post("/account/passkeys/:id/remove", aPerson(), h.removePasskey))),
	}
}

func (h *Handlers) showPasskeys(c *gin.Context) error { return h.passkeysPage(c, http.StatusOK, "") }

func (h *Handlers) passkeysPage(c *gin.Context, status int, problem string) error {
	rows, err := h.Store.Passkeys(c.Request.Context(), h.principal(c).PersonID)
	if err != nil {
		return err
	}
	return render(c, status, views.Passkeys(views.PasskeysPage{Frame: h.accountFrame(c, "Passkeys"), Rows: rows,
		Possible: h.keys.Possible(), Name: c.PostForm("name"), Error: problem}))
}

// askNewPasskey is what the browser makes a new passkey from.
func (h *Handlers) askNewPasskey(c *gin.Context) error {
	by := h.principal(c)
	holder, err := h.holder(c, models.Account{ID: by.PersonID, Name: by.Name, Email: by.Email})
	if err != nil {
		return err
	}
	ceremony, err := h.keys.Register(holder)
	return h.askBrowser(c, ceremony, err, store.ChallengeRegister, by.Session)
}

func (h *Handlers) addPasskey(c *gin.Context) error {
	ctx, by, answer := c.Request.Context(), h.principal(c), []byte(c.PostForm("credential"))
	data, err := h.Store.TakeChallenge(ctx, signin.ChallengeOf(answer), store.ChallengeRegister, by.Session)
	if err == nil {
		err = h.keepPasskey(c, data, answer)
	}
	if problem, ok := proofProblem(err); ok {
		return h.passkeysPage(c, http.StatusUnprocessableEntity, problem)
	}
	if refused(err) {
		return h.passkeysPage(c, problemOf(err).Status, err.Error())
	}
	return seeUnless(c, err, "/account/passkeys")
}

func (h *Handlers) keepPasskey(c *gin.Context, data, answer []byte) error {
	by := h.principal(c)
	holder, err := h.holder(c, models.Account{ID: by.PersonID, Name: by.Name, Email: by.Email})
	if err != nil {
		return err
	}
	key, err := h.keys.Registered(holder, data, answer)
	if err != nil {
		return err
	}
	key.Name = c.PostForm("name")
	value, err := h.Store.AddPasskey(c.Request.Context(), by, key)
	h.hub.Recheck()
	return h.keepSession(c, value, err)
}

func (h *Handlers) removePasskey(c *gin.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	err = h.Store.RemovePasskey(c.Request.Context(), h.principal(c), id)
	h.hub.Recheck()
	return seeUnless(c, err, "/account/passkeys")
}

// holder is an account with its passkeys.
func (h *Handlers) holder(c *gin.Context, account models.Account) (out signin.Holder, err error) {
	out.Account = account
	if out.Handle, err = h.Store.PasskeyHandle(c.Request.Context(), account.ID); err != nil {
		return out, err
	}
	out.Keys, err = h.Store.Passkeys(c.Request.Context(), account.ID)
	return out, err
}

// askBrowser keeps a ceremony and hands the browser its options.
func (h *Handlers) askBrowser(c *gin.Context, ceremony signin.Ceremony, err error, purpose, bound string) error {
	if err == nil {
		err = h.Store.KeepChallenge(c.Request.Context(), ceremony.Challenge, purpose, bound, ceremony.Data)
	}
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, ceremony.Options)
	return nil
}

func (h *Handlers) askOwnPasskey(c *gin.Context, person int64, purpose, bound string) error {
	holder, err := h.holder(c, models.Account{ID: person})
	if err != nil {
		return err
	}
	ceremony, err := h.keys.Ask(&holder)
	return h.askBrowser(c, ceremony, err, purpose, bound)
}

// hashed names a secret without telling it.
func hashed(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}
