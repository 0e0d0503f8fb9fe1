package handlers

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

// beginSecond asks for the second factor: a cookie, which opens nothing, finds
// the sign-in again.
func (h *Handlers) beginSecond(c *gin.Context, account models.Account, via models.Via, next string) error {
	value, err := h.Store.BeginSignIn(c.Request.Context(), account, via, next)
	if err != nil {
		return err
	}
	h.cookie(c, h.secondCookie(), value, int(store.SignInLife.Seconds()))
	return see(c, "/login/second")
}

func (h *Handlers) secondCookie() string {
	if h.secure {
		return "__Host-second"
	}
	return "throughline-second"
}

// half is the sign-in that this browser has begun, with its cookie's value.
func (h *Handlers) half(c *gin.Context) (value string, in store.SignIn, err error) {
	cookie, err := c.Request.Cookie(h.secondCookie())
	if err != nil {
		return "", in, models.Errorf(models.Unauthorised, "Start with your password.")
	}
	in, err = h.Store.HalfSignIn(c.Request.Context(), cookie.Value)
	return cookie.Value, in, err
}

func (h *Handlers) showSecond(c *gin.Context) error {
	_, in, err := h.half(c)
	if models.CodeOf(err) == models.Unauthorised && err != nil {
		return see(c, "/login")
	}
	if err != nil {
		return err
	}
	return h.secondPage(c, http.StatusOK, in, "")
}

func (h *Handlers) secondPage(c *gin.Context, status int, in store.SignIn, problem string) error {
	factors, err := h.Store.Factors(c.Request.Context(), in.Account.ID)
	if err != nil {
		return err
	}
	return render(c, status, views.SecondStep(views.SecondStepPage{Frame: h.frame(c, "Second step"), Error: problem,
		App: factors.App, Recovery: factors.RecoveryCodes > 0, Passkeys: h.keys.Possible() && len(factors.Passkeys) > 0}))
}

// submitSecond takes a code of the app, a recovery code or a passkey.
func (h *Handlers) submitSecond(c *gin.Context) error {
	value, in, err := h.half(c)
	if err == nil {
		err = h.finishSecond(c, value, in)
	}
	problem, ok := proofProblem(err)
	if !ok {
		return seeUnless(c, err, safeNext(in.Next))
	}
	h.metrics.refused.WithLabelValues("second").Inc()
	if _, again, gone := h.half(c); gone == nil {
		return h.secondPage(c, statusFor(err), again, problem)
	}
	h.cookie(c, h.secondCookie(), "", -1)
	return h.loginPage(c, http.StatusUnauthorized, views.LoginPage{Next: "/", Error: problem})
}

func (h *Handlers) finishSecond(c *gin.Context, value string, in store.SignIn) error {
	proof := store.Proof{Code: c.PostForm("code")}
	if !h.logins.take([]string{"second person:" + itoa(in.Account.ID)}) {
		return errTooOften
	}
	if answer := c.PostForm("credential"); answer != "" {
		var err error
		if proof, err = h.passkeyProof(c, answer, store.ChallengeSecond, hashed(value)); err != nil {
			return err
		}
	}
	session, err := h.Store.FinishSignIn(c.Request.Context(), value, proof, h.opening(c, in.Via, true))
	if err != nil {
		return err
	}
	h.logins.giveBack([]string{"second person:" + itoa(in.Account.ID)})
	h.cookie(c, h.secondCookie(), "", -1)
	return h.keepSession(c, session, nil)
}

// askSecondPasskey is what a passkey of the person who signs in is to sign.
func (h *Handlers) askSecondPasskey(c *gin.Context) error {
	value, in, err := h.half(c)
	if err != nil {
		return err
	}
	return h.askOwnPasskey(c, in.Account.ID, store.ChallengeSecond, hashed(value))
}

func isTooOften(err error) bool { return errors.Is(err, errTooOften) }

// statusFor is the status of a page that asks again.
func statusFor(err error) int {
	if isTooOften(err) {
		return http.StatusTooManyRequests
	}
	return http.StatusUnauthorized
}
