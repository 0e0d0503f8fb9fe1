package handlers

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"throughline/integrations"
	"throughline/models"
	"throughline/models/store"
)

// hookRoutes are open to everybody by the table: each source says how a post
// proves whom it is from, and receive checks it before anything is kept.
func (h *Handlers) hookRoutes() []Route {
	hook := func(method, path string, p page) Route {
		return Route{Method: method, Path: "/hooks/:source/:name" + path, Class: Hook, Rule: public(), Handler: p}
	}
	return []Route{hook(http.MethodPost, "", h.receive), hook(http.MethodOptions, "", h.shakeHands), hook(http.MethodPost, "/*path", h.receive)}
}

// below is the path below a source's hook, for those whose senders use one.
func below(c *gin.Context, source integrations.Receiver) (path string, err error) {
	if path = strings.Trim(c.Param("path"), "/"); path == "" {
		return "", nil
	}
	if p, ok := source.(integrations.Pather); !ok || !slices.Contains(p.Paths(), path) {
		return "", models.Errorf(models.NotFound, "Nothing is listening at this address; %s posts to /hooks/%s/NAME.", source.About().Title, source.About().Name)
	}
	return path, nil
}

// shakeHands answers the CloudEvents webhook handshake. It says the same of every
// address, so that nobody learns which integrations there are.
func (h *Handlers) shakeHands(c *gin.Context) error {
	c.Header("Allow", "POST, OPTIONS")
	if origin := c.GetHeader("WebHook-Request-Origin"); origin != "" && plainHost(origin) {
		c.Header("WebHook-Allowed-Origin", origin)
		c.Header("WebHook-Allowed-Rate", "*")
	}
	c.Status(http.StatusOK)
	c.Writer.WriteHeaderNow()
	return nil
}

// receive takes one post of a source: who sent it, what it says, keep and apply.
func (h *Handlers) receive(c *gin.Context) error {
	source, ok := h.sources[c.Param("source")].(integrations.Receiver)
	if !ok {
		return models.Errorf(models.NotFound, "No source called %q is listening.", c.Param("source"))
	}
	in, err := h.addressee(c, source.About())
	if err != nil {
		return err
	}
	r, err := h.hookRequest(c, source)
	if err != nil {
		return err
	}
	events, err := h.decode(c, source, in.Integration, r)
	if err != nil {
		return err
	}
	if err := mayTell(in.By, events); err != nil {
		return err
	}
	done, err := h.apply(c, in, events)
	if err != nil {
		return err
	}
	return answerHook(c, source, r, events, done)
}

// hookRequest is the post as its source reads it.
func (h *Handlers) hookRequest(c *gin.Context, source integrations.Receiver) (r integrations.Request, err error) {
	path, err := below(c, source)
	if err != nil {
		return r, err
	}
	body, err := readBody(c, source.About().MaxBody)
	return integrations.Request{Header: c.Request.Header, Query: c.Request.URL.Query(), Body: body, Now: h.Now(), Path: path}, err
}

// addressee is the integration a post is for. One that is absent, and one that
// the token may not see, answer alike.
func (h *Handlers) addressee(c *gin.Context, about integrations.About) (in store.Inbound, err error) {
	by := h.principal(c)
	in.Integration, err = h.Store.IntegrationFor(c.Request.Context(), about.Name, c.Param("name"))
	switch signs := signed(about, in.Integration); {
	case about.Auth != integrations.BySignature && !signs && by.TokenID == 0: // absent ones too
		return in, models.Errorf(models.Unauthorised, "Post with a bot token: Authorization: Bearer …")
	case err != nil || signs:
		return in, err
	}
	in.By = by
	role := by.RoleIn(in.Integration.ProjectID)
	if !role.AtLeast(models.Viewer) {
		return in, models.Errorf(models.NotFound, "There is no such integration.")
	}
	if err := needRole(role, models.Contributor); err != nil {
		return in, err
	}
	if !by.Allows(models.ScopeEvents, models.ScopeRuns, models.ScopeDeployments) {
		return in, models.Errorf(models.Forbidden, "This token does not have the scope %q.", models.ScopeEvents)
	}
	return in, nil
}

// signed tells whether posts to an integration prove by a signature whom they are from.
func signed(about integrations.About, i store.Integration) bool {
	return about.Auth == integrations.BySignature || about.Auth == integrations.ByTokenOrSignature && i.Secrets[integrations.SigningSecret] != ""
}

// decode has the source verify and read the post.
func (h *Handlers) decode(c *gin.Context, source integrations.Receiver, i store.Integration, r integrations.Request) ([]integrations.Event, error) {
	events, err := source.Receive(c.Request.Context(), account(i), r)
	if errors.Is(err, integrations.ErrSignature) {
		h.metrics.events.WithLabelValues(i.Source, "bad_signature").Inc()
		if err := h.Store.CountBadSignature(c.Request.Context(), i.ID); err != nil {
			_ = c.Error(err)
		}
		return nil, models.Errorf(models.Unauthorised, "The signature does not match: %w", err)
	}
	if err != nil {
		h.metrics.events.WithLabelValues(i.Source, "refused").Inc()
		return nil, err
	}
	return keyed(r.Header, events)
}

// account is an integration as its source reads it, secrets included.
func account(i store.Integration) integrations.Account {
	settings := make(map[string]string, len(i.Settings)+len(i.Secrets))
	for name, value := range i.Settings {
		settings[name] = value
	}
	for name, value := range i.Secrets {
		settings[name] = value
	}
	return integrations.Account{ID: i.ID, Name: i.Name, Settings: settings}
}

// receipt is what became of one event.
type receipt struct {
	ID        string           `json:"id"`
	State     string           `json:"state"`
	Duplicate bool             `json:"duplicate"`
	Error     string           `json:"error,omitempty"`
	Problems  []models.Problem `json:"problems,omitempty"`
}

// apply keeps each event with its effects and answers when all are on disk.
func (h *Handlers) apply(c *gin.Context, in store.Inbound, events []integrations.Event) ([]receipt, error) {
	in.Header = kept(c.Request.Header)
	receipts := make([]receipt, 0, len(events))
	for _, e := range events {
		out, err := h.applyOne(c, in, e)
		if err != nil {
			return nil, err
		}
		receipts = append(receipts, out)
	}
	return receipts, nil
}

// answerHook tells the sender what became of its post, in its source's own way
// where it has one.
func answerHook(c *gin.Context, source integrations.Receiver, r integrations.Request, events []integrations.Event, done []receipt) error {
	own, ok := source.(integrations.Answerer)
	if !ok {
		return answerReceipts(c, done)
	}
	list := make([]integrations.Done, len(done))
	for i, d := range done {
		list[i] = integrations.Done{Event: events[i], State: d.State, Duplicate: d.Duplicate, Problem: d.Error}
	}
	status, body := own.Answer(r, list)
	if body == nil {
		c.Status(status)
		c.Writer.WriteHeaderNow()
		return nil
	}
	c.JSON(status, body)
	return nil
}

// answerReceipts is 202 with what became of each event, 200 where all were known.
func answerReceipts(c *gin.Context, done []receipt) error {
	if len(done) > 0 && !slices.ContainsFunc(done, func(r receipt) bool { return !r.Duplicate }) {
		c.JSON(http.StatusOK, gin.H{"duplicate": true, "deliveries": done})
		return nil
	}
	c.JSON(http.StatusAccepted, gin.H{"deliveries": done})
	return nil
}

func (h *Handlers) applyOne(c *gin.Context, in store.Inbound, e integrations.Event) (receipt, error) {
	in.ID, in.Name, in.Body, in.Batch, in.Ignored = deliveryID(e), e.Name, e.Body, e.Batch, e.Ignored
	if e.Err != nil {
		in.Problem = e.Err.Error()
	}
	out, err := h.Store.Apply(c.Request.Context(), in)
	if err == nil {
		err = sameAgain(in, out)
	}
	outcome := out.State
	if out.Duplicate {
		outcome = "duplicate"
	}
	if err != nil {
		outcome = "failed"
	}
	h.metrics.events.WithLabelValues(in.Integration.Source, outcome).Inc()
	if e.Poke && err == nil && !out.Duplicate && h.Sync != nil {
		h.Sync(in.Integration.ID)
	}
	return receipt{ID: in.ID, State: out.State, Duplicate: out.Duplicate, Error: out.Error, Problems: e.Problems}, err
}

// kept are the headers that a replay may need; never a credential.
func kept(header http.Header) map[string]string {
	out := map[string]string{}
	for name := range header {
		lower := strings.ToLower(name)
		if lower == "content-type" || lower == "user-agent" || strings.HasPrefix(lower, "ce-") ||
			strings.HasPrefix(lower, "x-github-") || strings.HasPrefix(lower, "x-gitlab-event") {
			out[name] = clean(header.Get(name))
		}
	}
	return out
}

// receiveEvents takes CloudEvents for a project, without the name of an
// integration: they go to its first of the source cloudevents.
func (h *Handlers) receiveEvents(c *gin.Context) error {
	source, ok := h.sources["cloudevents"].(integrations.Receiver)
	if !ok {
		return models.Errorf(models.NotFound, "This hub takes no CloudEvents.")
	}
	list, err := h.Store.Integrations(c.Request.Context(), project(c).ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(i store.Integration) bool { return i.Source == "cloudevents" })
	if i < 0 {
		return models.Errorf(models.Conflict, "Connect CloudEvents to the project first: POST …/integrations {\"source\":\"cloudevents\",…}.")
	}
	r, err := h.hookRequest(c, source)
	if err != nil {
		return err
	}
	delete(list[i].Secrets, integrations.SigningSecret) // the token proved it
	events, err := h.decode(c, source, list[i], r)
	if err != nil {
		return err
	}
	if err := mayTell(h.principal(c), events); err != nil {
		return err
	}
	done, err := h.apply(c, store.Inbound{Integration: list[i], By: h.principal(c)}, events)
	if err != nil {
		return err
	}
	return answerReceipts(c, done)
}
