package handlers

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/store"
)

// noted are the routes of the newest rows of refusals, newest first, after seq.
func (s *site) noted(since int64) (routes []string, rows int) {
	s.t.Helper()
	list, err := s.store.Activity(context.Background(), models.Principal{Hub: models.Administrator}, store.ActivityFilter{Limit: 200})
	require.NoError(s.t, err)
	for _, a := range list {
		if a.Seq <= since {
			break
		}
		if a.Action == "access.refused" {
			routes = append(routes, a.Detail["route"].(string))
		}
		rows++
	}
	return routes, rows
}

func (s *site) seq() int64 {
	s.t.Helper()
	seq, err := s.store.Seq(context.Background())
	require.NoError(s.t, err)
	return seq
}

// unhurried lets every refusal leave its row: each comes a minute after the last.
func (s *site) unhurried() {
	now := time.Now()
	s.h.refusals = newRefusals(func() time.Time { now = now.Add(refusalsWindow); return now })
}

// Row 56: a refused write of somebody known leaves exactly one row, which names
// the route, whoever refused it; a refused read leaves none, and neither does
// anybody unknown.
func TestEveryRefusedWriteLeavesOneRow(t *testing.T) {
	s := newSite(t)
	s.unhurried()
	mine, other := s.project("MINE"), s.project("OTHER")
	s.matrixCallers(mine, other)
	s.seed()
	refused := 0
	for _, caller := range []string{"nobody", "revoked", "stranger", "viewer", "events-only", "reader", "viewer-person"} {
		for _, r := range s.h.routes {
			before := s.seq()
			a := s.knock(r, caller, fill(r), bodyFor(r))
			routes, _ := s.noted(before)
			told := caller + " " + r.Method + " " + fill(r) + " → " + itoa(int64(a.status))
			if caller == "nobody" || caller == "revoked" || safe(r.Method) || !wasRefused(a) {
				require.Empty(t, routes, told)
				continue
			}
			require.Equal(t, []string{r.Method + " " + r.Path}, routes, told)
			refused++
		}
	}
	require.Greater(t, refused, 200)
}

func wasRefused(a answer) bool {
	return a.status == http.StatusUnauthorized || a.status == http.StatusForbidden || a.status == http.StatusNotFound ||
		a.status == http.StatusSeeOther && len(a.header.Get("Location")) > 8 && a.header.Get("Location")[:9] == "/account/"
}

// Refusals after the rule said yes are refusals, too.
func TestLaterRefusalsLeaveARow(t *testing.T) {
	s := newSite(t)
	mine := s.project("MINE")
	s.seed()
	s.token("runs", models.Contributor, mine.ID, models.ScopeRuns)
	s.token("maintainer", models.Maintainer, mine.ID)
	s.person("ana@example.com", models.Administrator)
	b := s.browser()
	require.Equal(t, 303, b.signIn("ana@example.com").status)
	deploy := cloudEvent("late", "deployment", `{"id":"d9","environment":"staging","model":"churn","version":"3","state":"live","at":"2026-11-21T10:00:00Z"}`)
	for name, try := range map[string]func() answer{
		"POST /hooks/:source/:name": func() answer { return s.ask("runs", "POST", "/hooks/cloudevents/mine", deploy, "Content-Type", ceType) },
		"POST /api/v1/projects/:key/tokens": func() answer {
			return s.ask("maintainer", "POST", "/api/v1/projects/MINE/tokens", `{"name":"x","role":"administrator"}`)
		},
		"DELETE /api/v1/projects/:key/cards/:id": func() answer { return s.ask("maintainer", "DELETE", "/api/v1/projects/MINE/cards/"+made, "") },
		"POST /logout":                           func() answer { return b.post("/logout", url.Values{}) },
		"POST /theme":                            func() answer { return b.post("/theme", url.Values{"csrf": {b.csrf}}, "Sec-Fetch-Site", "cross-site") },
	} {
		before := s.seq()
		a := try()
		require.True(t, wasRefused(a), "%s: %d", name, a.status)
		routes, rows := s.noted(before)
		require.Equal(t, []string{name}, routes)
		require.Equal(t, 1, rows, name)
	}
}

// Whoever hammers fills no disk, and how often is not lost.
func TestHammeringIsCounted(t *testing.T) {
	now := time.Unix(0, 0)
	r := newRefusals(func() time.Time { return now })
	kept := 0
	for range 1000 {
		if _, ok := r.take("token:1"); ok {
			kept++
		}
	}
	require.Equal(t, refusalsKept, kept)
	_, ok := r.take("token:2")
	require.True(t, ok, "another caller has room")
	now = now.Add(refusalsWindow)
	missed, ok := r.take("token:1")
	require.True(t, ok)
	require.Equal(t, 1000-refusalsKept, missed)
	missed, _ = r.take("token:1")
	require.Zero(t, missed)
}

func TestAHammererLeavesSixtyRows(t *testing.T) {
	s := newSite(t)
	now := time.Now()
	s.h.refusals = newRefusals(func() time.Time { return now })
	p := s.project("MINE")
	s.token("viewer", models.Viewer, p.ID)
	before := s.seq()
	for range refusalsKept + 20 {
		require.Equal(t, 403, s.ask("viewer", "PATCH", "/api/v1/projects/MINE", `{"name":"x"}`).status)
	}
	routes, _ := s.noted(before)
	require.Len(t, routes, refusalsKept)
	require.Contains(t, s.ask("", "GET", "/metrics", "").body, "throughline_refusals_unrecorded_total 20")
}
