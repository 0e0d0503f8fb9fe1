package handlers

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"throughline/models"
)

// chain is what every request goes through, in this order.
func (h *Handlers) chain() []gin.HandlerFunc {
	return []gin.HandlerFunc{h.name, h.log, h.noteRefusals, h.recover, h.headers, h.knownHost, h.warnOfClaims, h.limit}
}

// name gives the request an id, which the answer, the log and error pages show.
func (h *Handlers) name(c *gin.Context) {
	raw := make([]byte, 8)
	_, _ = rand.Read(raw)
	id := hex.EncodeToString(raw)
	c.Set(requestKey, id)
	c.Header("X-Request-Id", id)
}

// log writes one line for each request. It has the token's id, never its value,
// and no query string: people paste secrets there.
func (h *Handlers) log(c *gin.Context) {
	started := time.Now()
	c.Next()
	took := time.Since(started)
	h.metrics.request(c, took)
	level := slog.LevelInfo
	if c.Writer.Status() >= 500 {
		level = slog.LevelError
	}
	attrs := []slog.Attr{slog.String("request", c.GetString(requestKey)), slog.String("method", c.Request.Method),
		slog.String("path", clean(logPath(c))), slog.Int("status", c.Writer.Status()),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("actor", actorName(h.principal(c))),
		slog.String("from", peer(c.Request))}
	if err := request(c.Request.Context()).failed; err != nil {
		attrs = append(attrs, slog.String("error", cause(err)))
	} else if last := c.Errors.Last(); last != nil {
		attrs = append(attrs, slog.String("error", cause(last.Err)))
	}
	h.Log.LogAttrs(c.Request.Context(), level, "request", attrs...)
}

// logPath is the path, without the code of a one-time link.
func logPath(c *gin.Context) string {
	if code := c.Param("code"); code != "" {
		return strings.ReplaceAll(c.Request.URL.Path, code, "…")
	}
	return c.Request.URL.Path
}

func actorName(by models.Principal) string {
	if by.Anonymous() {
		return "nobody"
	}
	return by.Actor()
}

// cause is the whole chain of an error: a models.Error shows a person only its
// sentence.
func cause(err error) string {
	text := err.Error()
	if u, ok := err.(interface{ Unwrap() error }); ok && u.Unwrap() != nil && !strings.Contains(text, u.Unwrap().Error()) {
		text += ": " + u.Unwrap().Error()
	}
	return clean(text)
}

// clean replaces what could forge a log line or drive a terminal.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '�'
		}
		return r
	}, text)
}

// recover keeps a bug in one request there: 500 with the request's id, the stack
// in the log.
func (h *Handlers) recover(c *gin.Context) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if r == http.ErrAbortHandler {
			panic(r)
		}
		h.metrics.panics.Inc()
		h.fail(c, fmt.Errorf("panic: %v\n%s", r, debug.Stack()))
	}()
	c.Next()
}

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self' %s; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"

// headers tells browsers what our pages never do.
func (h *Handlers) headers(c *gin.Context) {
	head := c.Writer.Header()
	socket := "ws://" + c.Request.Host
	if h.secure {
		socket = "wss://" + c.Request.Host
		head.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if !plainHost(c.Request.Host) {
		socket = ""
	}
	head.Set("Content-Security-Policy", fmt.Sprintf(policy, socket))
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "same-origin")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	head.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if !strings.HasPrefix(c.Request.URL.Path, "/static/") {
		head.Set("Cache-Control", "no-store")
		head.Set("Vary", "Cookie, Authorization")
	}
}

// plainHost tells whether a Host header is nothing but a host and a port.
func plainHost(host string) bool {
	return host != "" && strings.IndexFunc(host, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(".-:[]_", r))
	}) < 0
}

// allowedHosts are the names under which we answer. An entry without a port
// allows every port.
func allowedHosts(base, addr string, more []string) map[string]bool {
	hosts := map[string]bool{"localhost": true, "127.0.0.1": true, "[::1]": true}
	for _, host := range append([]string{base, addr}, more...) {
		if host = strings.ToLower(strings.TrimSpace(host)); host != "" && !strings.HasPrefix(host, ":") {
			hosts[host] = true
		}
	}
	return hosts
}

// knownHost refuses names that are not ours: a page of another site could
// otherwise bring browsers to talk to us under its own name.
func (h *Handlers) knownHost(c *gin.Context) {
	host := strings.ToLower(c.Request.Host)
	name := host
	if bare, _, err := net.SplitHostPort(host); err == nil {
		name = bare
		if strings.Contains(bare, ":") {
			name = "[" + bare + "]"
		}
	}
	if h.hosts[host] || h.hosts[name] {
		return
	}
	c.Abort()
	writeProblem(c, problem{Type: "about:blank", Title: "Misdirected Request", Status: http.StatusMisdirectedRequest,
		Detail: "This host name is not one of ours. An administrator can allow it with --allowed-hosts."})
}

// Limits of bodies. Hooks have their source's own.
const (
	formLimit = 2 << 20
	hardLimit = 32 << 20
	bodyTime  = 10 * time.Second // to send it
)

// limit bounds every body before anybody reads it.
func (h *Handlers) limit(c *gin.Context) {
	if most := h.uploads[c.Request.Method+" "+c.FullPath()]; most > 0 {
		h.admitSlowly(c, most)
		return
	}
	limit := int64(formLimit)
	if strings.HasPrefix(c.Request.URL.Path, "/hooks/") || tracks(c.Request.URL.Path) {
		limit = hardLimit
	}
	if c.Request.ContentLength > limit {
		_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(bodyTime))
		drain(c.Request.Body)
		h.fail(c, models.Errorf(models.TooLarge, "This is larger than the %d bytes that are taken here.", limit))
		return
	}
	counted := &metered{ReadCloser: http.MaxBytesReader(c.Writer, c.Request.Body, limit), budget: h.budget}
	defer counted.release()
	c.Request.Body = counted
	if !safe(c.Request.Method) { // whoever drips bytes is cut off; not every writer of tests can
		_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(bodyTime))
	}
	c.Next()
}

// sameText compares without telling by its time where two texts differ.
func sameText(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// once refuses a repeated parameter where taking the first would be a guess.
func once(values []string) (string, error) {
	if len(values) > 1 {
		return "", models.Errorf(models.Unprocessed, "A field was sent more than once.")
	}
	return strings.Join(slices.Clone(values), ""), nil
}
