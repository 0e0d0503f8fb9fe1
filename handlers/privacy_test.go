package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/store"
)

func TestAPersonsExportIsAFileOfTheirOwn(t *testing.T) {
	s := newSite(t)
	dana := s.person("dana@example.com", models.Viewer)
	s.token("administrator", models.Administrator, 0)
	s.token("maintainer", models.Maintainer, 0)
	b := s.browser()
	b.signIn("dana@example.com")
	a := b.get("/account/export")
	require.Equal(t, http.StatusOK, a.status)
	require.True(t, json.Valid([]byte(a.body)), a.body)
	require.Contains(t, a.body, `"email":"dana@example.com"`)
	require.Contains(t, a.header.Get("Content-Disposition"), "attachment")
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))

	path := fmt.Sprintf("/api/v1/people/%d/export", dana.ID)
	require.Equal(t, http.StatusForbidden, s.ask("maintainer", http.MethodGet, path, "").status)
	require.Equal(t, http.StatusForbidden, b.get(fmt.Sprintf("/people/%d/export", dana.ID)).status, "others' data is for administrators")
	a = s.ask("administrator", http.MethodGet, path, "")
	require.True(t, json.Valid([]byte(a.body)), a.body)
	require.Contains(t, a.header.Get("Content-Disposition"), "attachment")
	rows, err := s.store.Activity(context.Background(), models.Principal{Hub: models.Administrator}, store.ActivityFilter{})
	require.NoError(t, err)
	require.Equal(t, "person.exported", rows[0].Action, "reading it is recorded")
	require.Equal(t, http.StatusForbidden, s.ask("administrator", http.MethodGet, "/account/export", "").status, "a token is nobody")
	require.Equal(t, http.StatusNotFound, s.ask("administrator", http.MethodGet, "/api/v1/people/99/export", "").status)
}

func TestAnonymisingAsksForTheAddress(t *testing.T) {
	s := newSite(t)
	dana := s.person("dana@example.com", models.Viewer)
	s.person("admin@example.com", models.Administrator)
	s.token("administrator", models.Administrator, 0)
	leaver := s.browser()
	leaver.signIn("dana@example.com")
	b := s.browser()
	b.signIn("admin@example.com")
	page := fmt.Sprintf("/people/%d", dana.ID)
	require.Contains(t, b.get(page).body, "Anonymise for good")
	form := url.Values{"csrf": {b.csrf}, "do": {"anonymise"}, "confirm": {"dana"}, "logins": {"dwhit, dana-w"}}
	a := b.post(page+"/anonymise", form)
	require.Equal(t, http.StatusUnprocessableEntity, a.status)
	require.Contains(t, a.body, `value="dwhit, dana-w"`, "the form comes back as typed")
	form.Set("do", "count")
	require.Contains(t, b.post(page+"/anonymise", form).body, "stand nowhere but on their account")
	require.Equal(t, http.StatusOK, leaver.get("/account").status, "so far nothing happened")
	form.Set("do", "anonymise")
	form.Set("confirm", "Dana@example.com")
	require.Equal(t, http.StatusSeeOther, b.post(page+"/anonymise", form).status)
	require.Equal(t, http.StatusSeeOther, leaver.get("/account").status, "signed out at once")
	require.Contains(t, b.get(page).body, "was anonymised")
	require.NotContains(t, b.get("/people").body, "dana@example.com")
	a = s.ask("administrator", http.MethodPost, fmt.Sprintf("/api/v1/people/%d/anonymise", dana.ID), `{"confirm":"x"}`)
	require.Equal(t, http.StatusConflict, a.status, a.body)
}

func TestAnonymisingByAPI(t *testing.T) {
	s := newSite(t)
	dana := s.person("dana@example.com", models.Viewer)
	s.token("administrator", models.Administrator, 0)
	path := fmt.Sprintf("/api/v1/people/%d/anonymise", dana.ID)
	require.Equal(t, http.StatusUnprocessableEntity, s.ask("administrator", http.MethodPost, path, `{}`).status)
	a := s.ask("administrator", http.MethodPost, path, `{"dry_run":true}`)
	require.Equal(t, false, a.json(t)["done"], a.body)
	a = s.ask("administrator", http.MethodPost, path, `{"confirm":"dana@example.com"}`)
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Equal(t, fmt.Sprintf("Former member %d", dana.ID), a.json(t)["label"])
}

func TestRetentionIsSetByAdministrators(t *testing.T) {
	s := newSite(t)
	s.person("admin@example.com", models.Administrator)
	s.token("administrator", models.Administrator, 0)
	s.token("maintainer", models.Maintainer, 0)
	require.Equal(t, http.StatusForbidden, s.ask("maintainer", http.MethodGet, "/settings/retention", "").status)
	require.EqualValues(t, 90, s.ask("administrator", http.MethodGet, "/api/v1/retention", "").json(t)["deliveries_days"])
	b := s.browser()
	b.signIn("admin@example.com")
	b.get("/settings/retention")
	form := url.Values{"csrf": {b.csrf}}
	for _, r := range models.KeepRules {
		form.Set(r.Name, "12")
	}
	form.Set("deliveries", "a while")
	a := b.post("/settings/retention", form)
	require.Equal(t, http.StatusUnprocessableEntity, a.status)
	require.Contains(t, a.body, `value="a while"`)
	require.Contains(t, a.body, `value="12"`)
	form.Set("deliveries", "14")
	require.Equal(t, http.StatusSeeOther, b.post("/settings/retention", form).status)
	require.EqualValues(t, 14, s.ask("administrator", http.MethodGet, "/api/v1/retention", "").json(t)["deliveries_days"])
	require.Equal(t, http.StatusSeeOther, b.post("/settings/retention/run", form).status)
	a = s.ask("administrator", http.MethodPost, "/api/v1/retention/run", "")
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Contains(t, s.ask("administrator", http.MethodGet, "/api/v1/retention", "").body, `"last_run":`)
}
