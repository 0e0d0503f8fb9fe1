package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) showProve(c *gin.Context) error {
	return h.provePage(c, http.StatusOK, safeNext(c.Query("next")), "")
}

func (h *Handlers) provePage(c *gin.Context, status int, next, problem string) error {
	factors, err := h.Store.Factors(c.Request.Context(), h.principal(c).PersonID)
	if err != nil {
		return err
	}
	return render(c, status, views.Prove(views.ProvePage{Frame: h.frame(c, "Is it you?"), Factors: factors, Next: next,
		Error: problem, Passkeys: h.keys.Possible() && len(factors.Passkeys) > 0}))
}

// prove takes the password, or a passkey, or a code from those who have no
// password, and goes back to where they came from.
func (h *Handlers) prove(c *gin.Context) error {
	next := safeNext(c.PostForm("next"))
	proof, err := h.readProof(c)
	if err == nil {
		var value string
		value, err = h.Store.ProveSession(c.Request.Context(), h.principal(c), proof)
		if err == nil && proof.Code != "" {
			h.logins.giveBack([]string{"second " + h.principal(c).Actor()})
		}
		err = h.keepSession(c, value, err)
	}
	if problem, ok := proofProblem(err); ok {
		h.metrics.refused.WithLabelValues("prove").Inc()
		return h.provePage(c, statusFor(err), next, problem)
	}
	return seeUnless(c, err, next)
}

func (h *Handlers) readProof(c *gin.Context) (store.Proof, error) {
	by := h.principal(c)
	if answer := c.PostForm("credential"); answer != "" {
		return h.passkeyProof(c, answer, store.ChallengeProve, by.Session)
	}
	factors, err := h.Store.Factors(c.Request.Context(), by.PersonID)
	if err != nil {
		return store.Proof{}, err
	}
	if factors.Password {
		_, err := h.authenticate(c, by.Email)
		return store.Proof{Password: true}, err
	}
	if !h.logins.take([]string{"second " + by.Actor()}) {
		return store.Proof{}, errTooOften
	}
	return store.Proof{Code: c.PostForm("code")}, nil
}

// askProof is what a passkey of the person is to sign.
func (h *Handlers) askProof(c *gin.Context) error {
	by := h.principal(c)
	return h.askOwnPasskey(c, by.PersonID, store.ChallengeProve, by.Session)
}

// proofProblem is what to tell a person whose proof did not hold.
func proofProblem(err error) (string, bool) {
	if models.CodeOf(err) == models.Unauthorised || isTooOften(err) {
		return err.Error(), true
	}
	return "", false
}
