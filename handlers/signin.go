package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/passwords"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) signInRoutes() []Route {
	return []Route{
		get("/login", public(), h.showLogin),
		post("/login", public(), h.signIn),
		setUp(post("/logout", signedIn(), h.signOut)),
		get("/login/second", public(), h.showSecond),
		post("/login/second", public(), h.submitSecond),
		ask("/login/second/ask", public(), h.askSecondPasskey),
		post("/login/passkey", public(), h.signInWithPasskey),
		ask("/login/passkey/ask", public(), h.askPasskey),
		get("/reset/:code", public(), h.showReset),
		post("/reset", public(), h.reset),
		get("/setup/:code", public(), h.showSetup),
		post("/setup", public(), h.setUp),
	}
}

func (h *Handlers) showLogin(c *gin.Context) error {
	next := safeNext(c.Query("next"))
	if !h.principal(c).Anonymous() {
		return see(c, next)
	}
	return h.loginPage(c, http.StatusOK, views.LoginPage{Next: next})
}

func (h *Handlers) signIn(c *gin.Context) error {
	if h.NoPasswordLogin {
		return h.loginPage(c, http.StatusForbidden, views.LoginPage{Next: c.PostForm("next"), Error: "This hub does not take passwords. Sign in another way."})
	}
	email, err := field(c, "email")
	if err != nil {
		return err
	}
	account, err := h.authenticate(c, email)
	if code := models.CodeOf(err); err != nil && code != models.Unauthorised && !errors.Is(err, errTooOften) {
		return err
	}
	if err != nil {
		return h.refuseLogin(c, email, err)
	}
	return h.enter(c, account, models.ViaPassword, c.PostForm("next"))
}

// enter signs in an account that has proved who it is, by the way named in via,
// and goes on to next. An account with a second factor is asked for it first.
func (h *Handlers) enter(c *gin.Context, account models.Account, via models.Via, next string) error {
	factors, err := h.Store.Factors(c.Request.Context(), account.ID)
	if err != nil {
		return err
	}
	if factors.Second() {
		return h.beginSecond(c, account, via, safeNext(next))
	}
	return seeUnless(c, h.startSession(c, account, via, false), safeNext(next))
}

func (h *Handlers) authenticate(c *gin.Context, email string) (account models.Account, err error) {
	password, err := field(c, "password")
	if err != nil {
		return account, err
	}
	from := peer(c.Request)
	keys, known := h.guessKeys(from, models.CleanEmail(email))
	if !h.logins.take(keys) {
		return account, errTooOften
	}
	if account, err = h.hash(c.Request.Context(), email, password, known); err == nil {
		h.logins.giveBack(keys)
		h.familiar.remember(account.Email, from)
	}
	return account, err
}

// guessKeys are what a guess at a password counts against: the address it comes
// from, and the account. Where the account has signed in from that address
// lately, guesses of strangers do not count there: nobody can keep its person out.
func (h *Handlers) guessKeys(from, email string) (keys []string, known bool) {
	if h.familiar.knows(email, from) {
		return []string{"ip " + from, "known " + email + " " + from}, true
	}
	return []string{"ip " + from, "account " + email}, false
}

// Limits of checking passwords, whoever asks: each check takes 19 MiB of memory
// and some 30 ms of a core.
const (
	hashesAtOnce    = 4
	hashesPerSecond = 20
	hashesBurst     = 60
	hashPatience    = 5 * time.Second
)

// hash checks a password when there is room for it. Familiar people wait only for
// each other: a crowd of guessers can not use their share up.
func (h *Handlers) hash(ctx context.Context, email, password string, familiar bool) (models.Account, error) {
	busy := models.Errorf(models.Busy, "Too many people are signing in; try again in a moment.")
	if !familiar && !h.hashes.AllowN(h.Now(), 1) {
		return models.Account{}, busy
	}
	ctx, cancel := context.WithTimeout(ctx, hashPatience)
	defer cancel()
	select {
	case h.hashing <- struct{}{}:
		defer func() { <-h.hashing }()
		return h.Store.Authenticate(context.WithoutCancel(ctx), email, password)
	case <-ctx.Done():
		return models.Account{}, busy
	}
}

func (h *Handlers) refuseLogin(c *gin.Context, email string, err error) error {
	status := http.StatusUnauthorized
	if errors.Is(err, errTooOften) {
		status = http.StatusTooManyRequests
		c.Header("Retry-After", "60")
	}
	h.metrics.refused.WithLabelValues("login").Inc()
	return h.loginPage(c, status, views.LoginPage{Email: email, Next: c.PostForm("next"), Error: err.Error()})
}

// startSession signs in with a new id, whatever cookie came along.
func (h *Handlers) startSession(c *gin.Context, account models.Account, via models.Via, strong bool) error {
	value, err := h.Store.OpenSession(c.Request.Context(), account, h.opening(c, via, strong))
	return h.keepSession(c, value, err)
}

func (h *Handlers) opening(c *gin.Context, via models.Via, strong bool) store.Opening {
	return store.Opening{Agent: c.Request.UserAgent(), Via: via, Strong: strong, Replaces: h.principal(c).Session}
}

// keepSession hands the browser the value of its session from here on.
func (h *Handlers) keepSession(c *gin.Context, value string, err error) error {
	if err == nil {
		h.setCookie(c, value, int(store.SessionLife.Seconds()))
	}
	return err
}

func (h *Handlers) signOut(c *gin.Context) error {
	by := h.principal(c)
	if by.Session != "" {
		if err := h.Store.EndSession(c.Request.Context(), by); err != nil {
			return err
		}
		h.hub.Recheck()
	}
	h.setCookie(c, "", -1)
	return see(c, "/login")
}

func (h *Handlers) showSetup(c *gin.Context) error {
	if err := h.Store.CheckSetupLink(c.Request.Context(), c.Param("code")); err != nil {
		return err
	}
	return render(c, http.StatusOK, views.Setup(views.SetupPage{Frame: h.frame(c, "Welcome"), Token: c.Param("code")}))
}

func (h *Handlers) setUp(c *gin.Context) error {
	p := store.NewPerson{Email: c.PostForm("email"), Name: c.PostForm("name"), Password: c.PostForm("password")}
	err := h.Store.CheckSetupLink(c.Request.Context(), c.PostForm("token"))
	if err == nil {
		err = passwords.Check(p.Password, passwords.LeastOnPages, p.Name, p.Email)
	}
	var account models.Account
	if err == nil {
		account, err = h.Store.UseSetupLink(c.Request.Context(), c.PostForm("token"), p)
	}
	if models.CodeOf(err) == models.Unprocessed && err != nil {
		return render(c, http.StatusUnprocessableEntity, views.Setup(views.SetupPage{Frame: h.frame(c, "Welcome"),
			Token: c.PostForm("token"), Name: p.Name, Email: p.Email, Error: err.Error()}))
	}
	if err != nil {
		return err
	}
	return h.enter(c, account, models.ViaPassword, "/")
}

// cookieName is of the kind that a browser binds to this host and to https, when
// there is https.
func (h *Handlers) cookieName() string {
	if h.secure {
		return "__Host-session"
	}
	return "throughline-session"
}

func (h *Handlers) setCookie(c *gin.Context, value string, age int) {
	h.cookie(c, h.cookieName(), value, age)
}

// cookie sets one that no script reads and no other site sends along.
func (h *Handlers) cookie(c *gin.Context, name, value string, age int) {
	http.SetCookie(c.Writer, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, // #nosec G124 -- Secure exactly when the base URL is https
		Secure: h.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// field is one text field of a form; a repeated one is refused.
func field(c *gin.Context, name string) (string, error) {
	return once(c.PostFormArray(name))
}

// safeNext is a path of ours to go on to; "/" for anything that could lead away.
func safeNext(next string) string {
	u, err := url.Parse(next)
	if err != nil || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || u.Host != "" || u.Scheme != "" ||
		strings.Contains(u.Path, "//") || strings.ContainsAny(next, "\\\t\r\n") || strings.ContainsAny(u.Path, "\\\t\r\n") {
		return "/"
	}
	for _, part := range strings.Split(u.Path, "/") {
		if part == ".." || part == "." {
			return "/"
		}
	}
	return next
}

// errTooOften refuses a sign-in before the password is looked at.
var errTooOften = models.Errorf(models.Busy, "Too many attempts. Wait a minute, then try again.")
