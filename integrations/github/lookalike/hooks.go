package lookalike

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1" // #nosec G505 -- GitHub still sends that signature as well
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Hook is a webhook of a repository, an organisation or an App.
type Hook struct {
	s           *Server
	ID          int64
	Repo        *Repo // of a repository's
	Owner       *User // of an organisation's
	App         *App  // of an App's
	URL, Secret string
	Form        bool // application/x-www-form-urlencoded
	Events      []string
	Active      bool
	CreatedAt   time.Time
	last        *delivery
}

// Hook adds a webhook to a repository, as an administrator does by hand.
func (s *Server) Hook(r *Repo, address, secret string, events ...string) *Hook {
	h := &Hook{Repo: r, URL: address, Secret: secret, Events: events}
	s.addHook(h)
	return h
}

// OwnerHook adds a webhook to an organisation: it hears of all repositories.
func (s *Server) OwnerHook(organization, address, secret string, events ...string) *Hook {
	h := &Hook{URL: address, Secret: secret, Events: events}
	s.mu.Lock()
	h.Owner = s.user(organization)
	h.Owner.Type = "Organization"
	s.mu.Unlock()
	s.addHook(h)
	return h
}

func (s *Server) addHook(h *Hook) {
	s.change(func() { s.hook(h) })
}

// hook takes in a new hook and pings it.
func (s *Server) hook(h *Hook) {
	h.s, h.ID, h.Active, h.CreatedAt = s, s.id(), true, s.clock
	s.hooks = append(s.hooks, h)
	h.ping()
}

func (h *Hook) ping() {
	told := object{"zen": "Design for failure.", "hook_id": h.ID, "hook": h.json()}
	if h.Repo != nil {
		told["repository"], told["sender"] = h.Repo.json(), h.Repo.Owner.json(h.s)
	}
	if h.Owner != nil {
		told["organization"], told["sender"] = h.Owner.json(h.s), h.Owner.json(h.s)
	}
	h.s.post(h, h.s.guid(), "ping", "", h.Repo, told)
}

func (h *Hook) hears(r *Repo, event string) bool {
	switch {
	case !h.Active || !slices.Contains(h.Events, "*") && !slices.Contains(h.Events, event):
		return false
	case h.Repo != nil:
		return h.Repo == r
	case h.Owner != nil:
		return h.Owner == r.Owner
	}
	return h.App != nil && h.App.on(r) != nil
}

// target is what the hook hangs on, in the words of its headers.
func (h *Hook) target() (kind string, id int64) {
	switch {
	case h.Repo != nil:
		return "repository", h.Repo.ID
	case h.Owner != nil:
		return "organization", h.Owner.ID
	}
	return "integration", h.App.ID
}

func (h *Hook) json() object {
	kind := "json"
	if h.Form {
		kind = "form"
	}
	last := object{"code": nil, "status": "unused", "message": nil}
	if h.last != nil {
		last = object{"code": h.last.code, "status": h.last.status(), "message": h.last.status()}
	}
	config := object{"url": h.URL, "content_type": kind, "insecure_ssl": "0"}
	if h.Secret != "" {
		config["secret"] = "********"
	}
	address := h.address()
	return object{"type": "Repository", "id": h.ID, "name": "web", "active": h.Active, "events": h.Events, "config": config, "created_at": stamp(h.CreatedAt),
		"updated_at": stamp(h.CreatedAt), "url": address, "ping_url": address + "/pings", "deliveries_url": address + "/deliveries", "last_response": last}
}

func (h *Hook) address() string {
	switch {
	case h.Repo != nil:
		return h.Repo.url() + "/hooks/" + text(h.ID)
	case h.Owner != nil:
		return h.s.api() + "/orgs/" + h.Owner.Login + "/hooks/" + text(h.ID)
	}
	return h.s.api() + "/app/hook"
}

// emit tells all hooks that hear an event of the repository; they share its guid.
func (r *Repo) emit(event, action string, by *User, told object) {
	if r.Deleted {
		return
	}
	guid := r.s.guid()
	for _, h := range r.s.hooks {
		if h.hears(r, event) {
			r.s.post(h, guid, event, action, r, r.envelope(h, action, by, told))
		}
	}
}

// envelope adds what all payloads of a repository share.
func (r *Repo) envelope(h *Hook, action string, by *User, told object) object {
	out := with(object{"repository": r.json(), "sender": by.json(r.s)}, told)
	if action != "" {
		out["action"] = action
	}
	if r.Owner.Type == "Organization" {
		out["organization"] = r.Owner.json(r.s)
	}
	if h.App != nil {
		out["installation"] = object{"id": h.App.on(r).ID, "node_id": node("MDIz", h.App.on(r).ID)}
	}
	return out
}

func (s *Server) guid() string {
	n := s.sha()
	return fmt.Sprintf("%s-%s-11f1-%s-%s", n[:8], n[8:12], n[12:16], n[16:28])
}

// Post is one webhook on its way.
type Post struct {
	Event  string
	URL    string
	Header http.Header
	Body   []byte
}

// request is what the hook sends with a payload.
func (h *Hook) request(guid, event string, payload []byte) Post {
	kind, id := h.target()
	body, media := payload, "application/json"
	if h.Form {
		body, media = []byte(url.Values{"payload": {string(payload)}}.Encode()), "application/x-www-form-urlencoded"
	}
	header := http.Header{"Content-Type": {media}, "User-Agent": {"GitHub-Hookshot/044aadd"}, "Accept": {"*/*"}}
	for name, value := range map[string]string{"X-GitHub-Event": event, "X-GitHub-Delivery": guid, "X-GitHub-Hook-ID": text(h.ID),
		"X-GitHub-Hook-Installation-Target-Type": kind, "X-GitHub-Hook-Installation-Target-ID": text(id)} {
		header.Set(name, value)
	}
	if h.Secret != "" {
		header.Set("X-Hub-Signature", "sha1="+sign(sha1.New, h.Secret, body))
		header.Set("X-Hub-Signature-256", "sha256="+sign(sha256.New, h.Secret, body))
	}
	return Post{Event: event, URL: h.URL, Header: header, Body: body}
}

func sign(by func() hash.Hash, secret string, body []byte) string {
	mac := hmac.New(by, []byte(secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// overHTTP sends a post to its address.
func overHTTP(p Post) int {
	r, err := http.NewRequest(http.MethodPost, p.URL, bytes.NewReader(p.Body))
	if err != nil {
		return http.StatusBadGateway
	}
	r.Header = p.Header
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return http.StatusBadGateway
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

func encode(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err) // of our own maps: a bug
	}
	return out
}
