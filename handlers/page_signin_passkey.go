package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/handlers/signin"
	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

// askPasskey is what any passkey of this hub is to sign.
func (h *Handlers) askPasskey(c *gin.Context) error {
	if !h.logins.take([]string{"passkey " + peer(c.Request)}) {
		return errTooOften
	}
	ceremony, err := h.keys.Ask(nil)
	return h.askBrowser(c, ceremony, err, store.ChallengeSignIn, "")
}

// signInWithPasskey signs in by a passkey alone: having the device and unlocking
// it are two factors.
func (h *Handlers) signInWithPasskey(c *gin.Context) error {
	next := safeNext(c.PostForm("next"))
	holder, key, err := h.shown(c, c.PostForm("credential"), store.ChallengeSignIn, "")
	if err == nil {
		var value string
		value, err = h.Store.PasskeySignIn(c.Request.Context(), holder.Account, key, h.opening(c, models.ViaPasskey, true))
		err = h.keepSession(c, value, err)
	}
	if problem, ok := proofProblem(err); ok {
		h.metrics.refused.WithLabelValues("passkey").Inc()
		return h.loginPage(c, http.StatusUnauthorized, views.LoginPage{Next: next,
			Error: problem})
	}
	if err == nil {
		h.logins.giveBack([]string{"passkey " + peer(c.Request)})
	}
	return seeUnless(c, err, next)
}

// passkeyProof is the proof of a passkey that was asked for one person.
func (h *Handlers) passkeyProof(c *gin.Context, answer, purpose, bound string) (store.Proof, error) {
	_, key, err := h.shown(c, answer, purpose, bound)
	return store.Proof{Passkey: &key}, err
}

// shown is the passkey of a browser's answer, and whose it is. A passkey of which
// there may be a copy is refused, and remembered as such.
func (h *Handlers) shown(c *gin.Context, answer, purpose, bound string) (signin.Holder, models.Passkey, error) {
	ctx, raw := c.Request.Context(), []byte(answer)
	data, err := h.Store.TakeChallenge(ctx, signin.ChallengeOf(raw), purpose, bound)
	if err != nil {
		return signin.Holder{}, models.Passkey{}, err
	}
	holder, key, copied, err := h.keys.Answered(data, raw, func(handle string) (signin.Holder, error) {
		account, err := h.Store.PersonByHandle(ctx, handle)
		if err != nil {
			return signin.Holder{}, err
		}
		return h.holder(c, account)
	})
	if err == nil && copied {
		err = models.Errorf(models.Unauthorised, "This passkey may have been copied: it counts fewer uses than before. Sign in another way, and remove it on your account page.")
		if warned := h.Store.WarnPasskey(ctx, holder.Account.ID, key.ID); warned != nil {
			err = warned
		}
	}
	return holder, key, err
}
