package handlers

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
	"throughline/models/store"
)

func (h *Handlers) integrationOperations() []Route {
	one := "/projects/{key}/integrations/{source}/{name}"
	return []Route{
		op(http.MethodGet, "/projects/{key}/integrations", inProject(models.Maintainer), "List a project's integrations and how they fare", h.listIntegrations),
		created("/projects/{key}/integrations", inProject(models.Maintainer), "Connect a source", h.createIntegration),
		op(http.MethodGet, one, inProject(models.Maintainer), "Read an integration and how it fares; secrets are never shown", h.readIntegration),
		op(http.MethodPatch, one, inProject(models.Maintainer), "Change settings; a secret that is not sent stays", h.changeIntegration),
		op(http.MethodPost, one+"/halt", inProject(models.Maintainer), "Stop asking a source; what it posts is still heard", h.steerIntegration(h.Store.HaltSync)),
		op(http.MethodPost, one+"/resume", inProject(models.Maintainer), "Ask a halted source again, from where it stood", h.steerIntegration(h.Store.ResumeSync)),
		op(http.MethodPost, one+"/restart", inProject(models.Maintainer), "Ask a source for everything again; nothing that is known is lost", h.steerIntegration(h.Store.RestartSync)),
		op(http.MethodGet, one+"/reports", inProject(models.Maintainer), "List what the source's upstream was told, newest first", h.listReports),
		op(http.MethodDelete, one, inProject(models.Administrator), "Disconnect a source; what it told stays", h.deleteIntegration),
	}
}

type integrationJSON struct {
	Source        string            `json:"source"`
	Name          string            `json:"name"`
	Project       string            `json:"project"`
	Settings      map[string]string `json:"settings" doc:"Without secrets"`
	State         string            `json:"state" doc:"waiting, ok, failing, paused"`
	Error         string            `json:"error,omitempty"`
	LastEventAt   *time.Time        `json:"last_event_at"`
	LagSeconds    *float64          `json:"lag_seconds"`
	Parked        int64             `json:"parked"`
	BadSignatures int64             `json:"bad_signatures"`
	Unmatched     int64             `json:"unmatched"`
	PausedUntil   *time.Time        `json:"paused_until,omitempty"`
	HaltedAt      *time.Time        `json:"halted_at,omitempty" doc:"Since when a person has it asked no more"`
	Progress      *progressJSON     `json:"progress,omitempty" doc:"How far the first import is"`
	CreatedAt     *time.Time        `json:"created_at"`
	HookURL       string            `json:"hook_url,omitempty" doc:"Where the source posts"`
}

func (h *Handlers) integrationJSON(i store.Integration) integrationJSON {
	out := integrationJSON{Source: i.Source, Name: i.Name, Project: i.ProjectKey, Settings: i.Settings, State: i.State, Error: i.Error,
		LastEventAt: when(i.LastEventAt), LagSeconds: i.LagSeconds, Parked: i.Parked, BadSignatures: i.BadSignatures,
		Unmatched: i.Unmatched, PausedUntil: when(i.PausedUntil), HaltedAt: when(i.HaltedAt), Progress: progressOf(i.Progress), CreatedAt: when(i.CreatedAt)}
	if out.Settings == nil {
		out.Settings = map[string]string{}
	}
	if _, ok := h.sources[i.Source].(integrations.Receiver); ok {
		out.HookURL = h.link("/hooks/" + i.Source + "/" + i.Name)
	}
	return out
}

type integrationList struct {
	Integrations []integrationJSON `json:"integrations"`
	Next         string            `json:"next,omitempty"`
}

func (h *Handlers) listIntegrations(ctx context.Context, in *struct {
	InKey
	Paging
}) (*body[integrationList], error) {
	list, err := h.Store.Integrations(ctx, request(ctx).project.ID)
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(list, in.Paging, store.Integration.Label)
	if err != nil {
		return nil, err
	}
	return reply(integrationList{Integrations: each(page, h.integrationJSON), Next: next}), nil
}

func (h *Handlers) createIntegration(ctx context.Context, in *struct {
	InKey
	Body struct {
		Source   string            `json:"source"`
		Name     string            `json:"name" doc:"In the hook's address; unique with its source in the hub"`
		Settings map[string]string `json:"settings,omitempty"`
	}
}) (*body[integrationJSON], error) {
	source, ok := h.sources[in.Body.Source]
	if !ok {
		return nil, models.FieldErrorf(models.Unprocessed, "source", "There is no source called %q.", in.Body.Source)
	}
	settings, secrets, err := h.sortSettings(ctx, source.About(), in.Body.Settings, nil)
	if err == nil {
		err = valid(source, settings, secrets, nil)
	}
	if err != nil {
		return nil, underSettings(err)
	}
	i, err := h.Store.CreateIntegration(ctx, actor(ctx), request(ctx).project.ID, in.Body.Source, in.Body.Name, settings, secrets)
	if err != nil {
		return nil, err
	}
	h.Sync(i.ID)
	return reply(h.integrationJSON(i)), nil
}

// sortSettings parts what was sent into settings and secrets. old are the
// settings before, nil for a new integration: what is not sent stays as it was.
func (h *Handlers) sortSettings(ctx context.Context, a integrations.About, sent, old map[string]string) (settings, secrets map[string]string, err error) {
	settings, secrets = map[string]string{}, map[string]string{}
	known := map[string]bool{}
	moved := false
	for _, f := range a.Settings {
		known[f.Name] = true
		value, given := sent[f.Name]
		if f.Flag {
			value = flagValue(value)
		}
		if err := h.checkSetting(ctx, f, value, given, old != nil); err != nil {
			return nil, nil, err
		}
		moved = moved || given && old != nil && moves(f, old[f.Name], value)
		switch {
		case f.Made && value == "" && old == nil:
			secrets[f.Name] = newSecret()
		case f.Secret && given:
			secrets[f.Name] = value
		case !f.Secret:
			settings[f.Name] = firstOf(given, value, old[f.Name], f.Default)
		}
	}
	for name := range sent {
		if !known[name] {
			return nil, nil, models.FieldErrorf(models.Unprocessed, "settings."+name, "%s has no setting %q.", a.Title, name)
		}
	}
	if moved {
		err = forgetSecrets(a, secrets)
	}
	return settings, secrets, err
}

// flagValue reads the common words for a switch.
func flagValue(word string) string {
	switch strings.ToLower(word) {
	case "true":
		return integrations.On
	case "false", "off":
		return ""
	}
	return word
}

func firstOf(given bool, value, old, fallback string) string {
	switch {
	case given:
		return value
	case old != "":
		return old
	}
	return fallback
}

func (h *Handlers) checkSetting(ctx context.Context, f integrations.Setting, value string, given, exists bool) error {
	if value == "" && (f.Required && (given || !exists) || f.Made && given && exists) {
		return models.FieldErrorf(models.Unprocessed, "settings."+f.Name, "%s is needed.", f.Label)
	}
	if !f.Takes(value) {
		return models.FieldErrorf(models.Unprocessed, "settings."+f.Name, "%s: %q is none of its values.", f.Label, value)
	}
	if !f.URL || value == "" {
		return nil
	}
	if err := h.CheckURL(ctx, value); err != nil {
		return models.FieldErrorf(models.Unprocessed, "settings."+f.Name, "%s: %w", f.Label, err)
	}
	return nil
}

// forgetSecrets empties the secrets that were not sent along with an address of
// another host: they were given for the host before. One that is needed has to be
// sent again.
func forgetSecrets(a integrations.About, secrets map[string]string) error {
	for _, f := range a.Settings {
		if _, sent := secrets[f.Name]; !f.Secret || sent {
			continue
		}
		if f.Required || f.Made {
			return models.FieldErrorf(models.Unprocessed, "settings."+f.Name, "%s was given for another host. Enter it again.", f.Label)
		}
		secrets[f.Name] = ""
	}
	return nil
}

// moves tells whether a changed setting leads to another host.
func moves(f integrations.Setting, old, now string) bool {
	switch {
	case f.URL:
		return hostOf(old) != hostOf(now)
	case f.Host:
		return !strings.EqualFold(firstOf(old != "", old, "", f.Default), firstOf(now != "", now, "", f.Default))
	}
	return false
}

// newSecret is one that nobody has to think of.
func newSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Scheme + "://" + u.Host
}

// InIntegration is an integration in the path.
type InIntegration struct {
	InKey
	Source string `path:"source"`
	Name   string `path:"name"`
}

func (h *Handlers) readIntegration(ctx context.Context, in *InIntegration) (*body[integrationJSON], error) {
	i, err := h.Store.Integration(ctx, request(ctx).project.ID, in.Source, in.Name)
	if err != nil {
		return nil, err
	}
	return reply(h.integrationJSON(i)), nil
}

func (h *Handlers) changeIntegration(ctx context.Context, in *struct {
	InIntegration
	Body struct {
		Settings map[string]string `json:"settings"`
	}
}) (*body[integrationJSON], error) {
	i, err := h.Store.Integration(ctx, request(ctx).project.ID, in.Source, in.Name)
	if err != nil {
		return nil, err
	}
	source, ok := h.sources[i.Source]
	if !ok {
		return nil, models.Errorf(models.NotFound, "There is no source called %q.", i.Source)
	}
	settings, secrets, err := h.sortSettings(ctx, source.About(), in.Body.Settings, i.Settings)
	if err == nil {
		err = h.validChange(ctx, source, i, settings, secrets)
	}
	if err != nil {
		return nil, underSettings(err)
	}
	if err := h.Store.UpdateIntegration(ctx, actor(ctx), i.ID, settings, secrets); err != nil {
		return nil, err
	}
	h.Sync(i.ID)
	return h.readIntegration(ctx, &in.InIntegration)
}

func (h *Handlers) deleteIntegration(ctx context.Context, in *InIntegration) (*empty, error) {
	i, err := h.Store.Integration(ctx, request(ctx).project.ID, in.Source, in.Name)
	if err == nil {
		err = h.Store.DeleteIntegration(ctx, actor(ctx), i.ID)
	}
	if err != nil {
		return nil, err
	}
	return &empty{Status: http.StatusNoContent}, nil
}
