package handlers

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"throughline/models"
)

func (s *site) api(caller, method, path, body string, want int) answer {
	s.t.Helper()
	a := s.ask(caller, method, "/api/v1"+path, body)
	require.Equal(s.t, want, a.status, "%s %s: %s", method, path, a.body)
	return a
}

// invited makes an invitation and returns the path of its link.
func (s *site) invited(body string) string {
	s.t.Helper()
	link := s.api("admin", "POST", "/invitations", body, 201).json(s.t)["url"].(string)
	return strings.TrimPrefix(link, s.h.BaseURL)
}

func (s *site) withAdmin() *site {
	s.token("admin", models.Administrator, 0)
	return s
}

func joining(email string) url.Values {
	return url.Values{"name": {"Dana"}, "email": {email}, "password": {"correct horse battery"}}
}

func TestTeamsByTheAPI(t *testing.T) {
	s := newSite(t).withAdmin()
	s.project("MINE")
	s.seed()
	dana := s.person("dana@example.com", models.Nobody)
	s.api("admin", "POST", "/teams", `{"key":"menders","name":"Menders"}`, 201)
	s.api("admin", "POST", "/teams", `{"key":"menders","name":"Menders"}`, 409)
	member := "/teams/menders/members/" + itoa(dana.ID)
	s.api("admin", "PUT", member, `{"function":"ml_engineer","lead":true}`, 204)
	s.api("admin", "PUT", "/projects/MINE/teams/menders", `{"role":"contributor","function":"manager"}`, 204)
	s.api("admin", "PUT", "/projects/MINE/teams/none", `{"role":"contributor"}`, 404)
	require.Contains(t, s.api("admin", "GET", "/projects/MINE/teams", "", 200).body, `"function":"manager"`)
	s.api("admin", "PUT", "/subjects/model/churn/owners", `{"owners":[{"person":"team:menders"}]}`, 200)
	whole := s.api("admin", "GET", "/teams/menders", "", 200)
	for _, has := range []string{`"email":"dana@example.com"`, `"project":"MINE"`, `"key":"churn"`} {
		require.Contains(t, whole.body, has)
	}
	s.token("stranger", models.Viewer, s.project("OTHER").ID)
	seen := s.api("stranger", "GET", "/teams/menders", "", 200).body
	for _, lacks := range []string{"dana@example.com", "MINE", "churn"} {
		require.NotContains(t, seen, lacks, "a stranger")
	}
	s.api("admin", "PATCH", "/teams/menders", `{"name":"Menders and makers"}`, 204)
	s.api("admin", "DELETE", member, "", 204)
	require.Contains(t, s.api("admin", "GET", "/subjects/model/churn/owners", "", 200).body, `"gone":"has no members"`)
	s.api("admin", "DELETE", "/projects/MINE/teams/menders", "", 204)
	s.api("admin", "DELETE", "/teams/menders", "", 204)
	s.api("admin", "GET", "/teams/menders", "", 404)
}

// A lead changes the members of their own team and of no other.
func TestALeadChangesTheirTeam(t *testing.T) {
	s := newSite(t).withAdmin()
	dana := s.person("dana@example.com", models.Nobody)
	s.person("kim@example.com", models.Nobody)
	for _, key := range []string{"menders", "makers"} {
		s.api("admin", "POST", "/teams", `{"key":"`+key+`","name":"`+key+`"}`, 201)
	}
	s.api("admin", "PUT", "/teams/menders/members/"+itoa(dana.ID), `{"lead":true}`, 204)
	b := s.browser()
	b.signIn("dana@example.com")
	require.Contains(t, b.get("/teams/menders").body, "Invite somebody")
	form := url.Values{"csrf": {b.csrf}, "email": {"kim@example.com"}, "function": {"data_owner"}}
	require.Equal(t, 303, b.post("/teams/menders/members", form).status)
	require.Equal(t, 403, b.post("/teams/makers/members", form).status)
	require.Equal(t, 403, b.post("/teams/menders/delete", form).status)
	require.NotContains(t, b.get("/teams/makers").body, "Invite somebody")
	require.Contains(t, b.get("/teams/menders").body, "data owner")
}

// Members are changed by maintainers, on the page as by the API, up to their own role.
func TestAMaintainerChangesMembersUpToTheirOwnRole(t *testing.T) {
	s := newSite(t).withAdmin()
	p := s.project("MINE")
	ana, kim := s.person("ana@example.com", models.Nobody), s.person("kim@example.com", models.Nobody)
	require.NoError(t, s.store.SetMember(t.Context(), system, p.ID, ana.ID, models.Maintainer))
	b := s.browser()
	b.signIn("ana@example.com")
	b.get("/projects/MINE/settings")
	set := func(role string) int {
		return b.post("/projects/MINE/members", url.Values{"csrf": {b.csrf}, "email": {"kim@example.com"}, "role": {role}, "function": {"manager"}}).status
	}
	require.Equal(t, 403, set("administrator"))
	require.Equal(t, 303, set("maintainer"))
	require.Contains(t, b.get("/projects/MINE/settings").body, "maintainer<span class=\"muted small\">, manager")
	require.Equal(t, 403, b.post("/projects/MINE/teams", url.Values{"csrf": {b.csrf}, "team": {"x"}, "role": {"viewer"}}).status, "teams are for administrators")
	require.Equal(t, 303, b.post("/projects/MINE/members/"+itoa(kim.ID)+"/remove", url.Values{"csrf": {b.csrf}}).status)
}

// Row 12: of fifty who use an invitation at once, one gets in.
func TestOneOfFiftyUsesAnInvitation(t *testing.T) {
	s := newSite(t).withAdmin()
	s.project("MINE")
	path := s.invited(`{"project":"MINE","role":"contributor"}`)
	var mu sync.Mutex
	var wait sync.WaitGroup
	got := map[int]int{}
	for i := range 50 {
		wait.Go(func() {
			status := 0
			response, err := s.browser().client.PostForm(s.server.URL+path, joining(fmt.Sprintf("p%d@example.com", i)))
			if err == nil {
				status = response.StatusCode
				_ = response.Body.Close()
			}
			mu.Lock()
			defer mu.Unlock()
			got[status]++
		})
	}
	wait.Wait()
	require.Equal(t, map[int]int{303: 1, 409: 49}, got)
	people, err := s.store.People(t.Context())
	require.NoError(t, err)
	require.Len(t, people, 1)
	require.Contains(t, s.api("admin", "GET", "/projects/MINE/members", "", 200).body, people[0].Email)
}

// Row 12, for people who have an account, by the API.
func TestOneOfFiftyAcceptsAnInvitation(t *testing.T) {
	s := newSite(t).withAdmin()
	s.project("MINE")
	path := s.invited(`{"project":"MINE","role":"viewer"}`)
	s.person("dana@example.com", models.Nobody)
	b := s.browser()
	b.signIn("dana@example.com")
	b.get(path)
	var mu sync.Mutex
	var wait sync.WaitGroup
	got := map[int]int{}
	for range 50 {
		wait.Go(func() {
			r, _ := http.NewRequest("POST", s.server.URL+"/api/v1/invitations/accept", strings.NewReader(`{"code":"`+strings.TrimPrefix(path, "/invite/")+`"}`))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-CSRF-Token", b.csrf)
			status := 0
			if response, err := b.client.Do(r); err == nil {
				status = response.StatusCode
				_ = response.Body.Close()
			}
			mu.Lock()
			defer mu.Unlock()
			got[status]++
		})
	}
	wait.Wait()
	require.Equal(t, map[int]int{200: 1, 409: 49}, got)
}

// A code that opens nothing tells nobody why, and guessing ends soon.
func TestInvitationsAnswerAlike(t *testing.T) {
	s := newSite(t).withAdmin()
	s.project("MINE")
	used, revoked := s.invited(`{"email":"dana@example.com"}`), s.invited(`{}`)
	id := s.api("admin", "GET", "/invitations", "", 200).json(t)["invitations"].([]any)[0].(map[string]any)["id"].(float64)
	s.api("admin", "DELETE", fmt.Sprintf("/invitations/%d", int(id)), "", 204)
	b := s.browser()
	page := b.get(used)
	require.Equal(t, 200, page.status)
	require.Contains(t, page.body, `value="dana@example.com" readonly`)
	require.Equal(t, 303, b.post(used, joining("eve@example.com")).status)
	people, err := s.store.People(t.Context())
	require.NoError(t, err)
	require.Equal(t, "dana@example.com", people[0].Email, "the address of the invitation, not of the form")
	bare := regexp.MustCompile(`<code>[0-9a-f]{16}</code>`)
	get, post := map[string]bool{}, map[string]bool{}
	for _, path := range []string{used, revoked, "/invite/unknown"} {
		a, c := s.browser().get(path), s.browser().post(path, joining("new@example.com"))
		require.Equal(t, []int{404, 409}, []int{a.status, c.status}, path)
		get[bare.ReplaceAllString(strings.ReplaceAll(a.body, path, ""), "")] = true
		post[bare.ReplaceAllString(strings.ReplaceAll(c.body, path, ""), "")] = true
	}
	require.Len(t, get, 1)
	require.Len(t, post, 1)
	last := 0
	for range attemptsAllowed {
		last = s.browser().get("/invite/guess").status
	}
	require.Equal(t, http.StatusTooManyRequests, last)
}

// Row 43: an address sent twice or as a list is no address.
func TestAnInvitationTakesOneAddress(t *testing.T) {
	s := newSite(t).withAdmin()
	path := s.invited(`{}`)
	for _, form := range []url.Values{
		{"email[]": {"a@example.com", "b@example.com"}, "password": {"correct horse battery"}},
		{"email": {"a@example.com", "b@example.com"}, "password": {"correct horse battery"}},
	} {
		require.Equal(t, 422, s.browser().post(path, form).status)
	}
	s.api("admin", "POST", "/invitations", `{"email":["a@example.com","b@example.com"]}`, 422)
	require.Equal(t, 303, s.browser().post(path, joining("a@example.com")).status)
}

// The code of an invitation stays out of the log and out of the record.
func TestTheCodeStaysOutOfTheLog(t *testing.T) {
	var log bytes.Buffer
	s := newSite(t).withAdmin()
	s.h.Log = slog.New(slog.NewTextHandler(&log, nil))
	path := s.invited(`{}`)
	s.browser().get(path)
	s.browser().post(path, joining("dana@example.com"))
	require.Contains(t, log.String(), "/invite/…")
	require.NotContains(t, log.String(), strings.TrimPrefix(path, "/invite/"))
	require.NotContains(t, s.api("admin", "GET", "/activity", "", 200).body, strings.TrimPrefix(path, "/invite/"))
}

func TestWhoHasAnAccountAccepts(t *testing.T) {
	s := newSite(t).withAdmin()
	s.project("MINE")
	s.person("dana@example.com", models.Nobody)
	s.person("kim@example.com", models.Nobody)
	path := s.invited(`{"email":"dana@example.com","project":"MINE","role":"maintainer"}`)
	kim := s.browser()
	kim.signIn("kim@example.com")
	require.Contains(t, kim.get(path).body, "for another address")
	require.Equal(t, 422, kim.post(path, url.Values{"csrf": {kim.csrf}}).status)
	dana := s.browser()
	dana.get(path)
	require.Equal(t, path, dana.post("/login", url.Values{"email": {"dana@example.com"}, "password": {"correct horse battery"}, "next": {path}}).header.Get("Location"))
	dana.get(path)
	a := dana.post(path, url.Values{"csrf": {dana.csrf}})
	require.Equal(t, "/projects/MINE/board", a.header.Get("Location"), a.body)
	require.Equal(t, 200, dana.get("/projects/MINE/settings").status)
}

// Rows 07, 08, 37: whoever loses the right to see a board loses the open one too.
func TestBoardsCloseWhenTheRightEnds(t *testing.T) {
	s := newSite(t).withAdmin()
	s.project("MINE")
	s.api("admin", "POST", "/teams", `{"key":"menders","name":"Menders"}`, 201)
	people, n := "/people/", 0
	for name, step := range map[string]struct {
		give, take [3]string // method, path with %d for the person, body
		status     int       // of the project afterwards
	}{
		"removed from the project": {[3]string{"PUT", "/projects/MINE/members/%d", `{"role":"viewer"}`}, [3]string{"DELETE", "/projects/MINE/members/%d", ""}, 404},
		"removed from the team":    {[3]string{"PUT", "/teams/menders/members/%d", `{}`}, [3]string{"DELETE", "/teams/menders/members/%d", ""}, 404},
		"the team's role is taken": {[3]string{"PUT", "/teams/menders/members/%d", `{}`}, [3]string{"DELETE", "/projects/MINE/teams/menders", ""}, 404},
		"the hub role is taken":    {[3]string{"PATCH", people + "%d", `{"role":"maintainer"}`}, [3]string{"PATCH", people + "%d", `{"role":""}`}, 404},
		"the account is closed":    {[3]string{"PUT", "/projects/MINE/members/%d", `{"role":"viewer"}`}, [3]string{"PATCH", people + "%d", `{"disabled":true}`}, 401},
	} {
		n++
		email := fmt.Sprintf("p%d@example.com", n)
		id := s.person(email, models.Nobody).ID
		t.Run(name, func(t *testing.T) {
			s.api("admin", "PUT", "/projects/MINE/teams/menders", `{"role":"contributor"}`, 204)
			do := func(call [3]string) {
				path := call[1]
				if strings.Contains(path, "%d") {
					path = fmt.Sprintf(path, id)
				}
				s.api("admin", call[0], path, call[2], 204)
			}
			do(step.give)
			b := s.browser()
			b.signIn(email)
			require.Equal(t, 200, b.get("/api/v1/projects/MINE").status)
			conn, _, err := s.watch("/projects/MINE/live", b.cookie())
			require.NoError(t, err)
			_, err = next(t, conn)
			require.NoError(t, err)
			do(step.take)
			started := time.Now()
			_, err = next(t, conn)
			require.Equal(t, websocket.StatusCode(4403), websocket.CloseStatus(err))
			require.Less(t, time.Since(started), 5*time.Second)
			require.Equal(t, step.status, b.get("/api/v1/projects/MINE").status)
			_, status, err := s.watch("/projects/MINE/live", b.cookie())
			require.Error(t, err)
			require.Equal(t, step.status, status)
		})
	}

}

func (b *browser) cookie() http.Header {
	at, _ := url.Parse(b.server.URL)
	return http.Header{"Cookie": {b.client.Jar.Cookies(at)[0].String()}, "Origin": {b.server.URL}}
}

func TestALeaversThingsAreHandedOver(t *testing.T) {
	s := newSite(t).withAdmin()
	p := s.project("MINE")
	s.seed()
	ctx := context.Background()
	dana, kim := s.person("dana@example.com", models.Nobody), s.person("kim@example.com", models.Nobody)
	s.api("admin", "PUT", "/projects/MINE/members/"+itoa(dana.ID), `{"role":"maintainer","function":"data_scientist"}`, 204)
	require.NoError(t, s.store.SetMember(ctx, system, p.ID, kim.ID, models.Maintainer))
	s.api("admin", "PUT", "/subjects/model/churn/owners", `{"owners":[{"person":"dana@example.com"}]}`, 200)
	s.api("admin", "PUT", "/subjects/run/r1/owners", `{"owners":[{"person":"dana@example.com","as":"deputy"}]}`, 200)
	d := s.browser()
	d.signIn("dana@example.com")
	d.get("/projects/MINE/tokens")
	require.Equal(t, 201, d.post("/projects/MINE/tokens", url.Values{"csrf": {d.csrf}, "name": {"danas-bot"}, "role": {"viewer"}}).status)
	line := "/throughline/production/churn"
	require.NotContains(t, s.api("admin", "GET", line, "", 200).body, "owner_model")
	s.api("admin", "PATCH", "/people/"+itoa(dana.ID), `{"disabled":true}`, 204)
	require.Contains(t, s.api("admin", "GET", line, "", 200).body, "left on")

	b := s.browser()
	b.signIn("kim@example.com")
	require.Contains(t, b.get("/projects/MINE/settings").body, "Open hand-overs")
	path := "/people/" + itoa(dana.ID) + "/handover"
	page := b.get(path).body
	for _, has := range []string{"churn", "danas-bot", "Take over", "a gap"} {
		require.Contains(t, page, has)
	}
	list := s.api("admin", "GET", path, "", 200).json(t)["owns"].([]any)
	require.Len(t, list, 2)
	owner := fmt.Sprint(int(list[0].(map[string]any)["owner"].(float64)))
	require.Equal(t, 422, b.post(path, url.Values{"csrf": {b.csrf}, "owner": {owner}, "to": {"dana@example.com"}}).status)
	require.Equal(t, 422, b.post(path, url.Values{"csrf": {b.csrf}, "owner": {owner}, "to": {"team:none"}}).status)
	require.Equal(t, 303, b.post(path, url.Values{"csrf": {b.csrf}, "owner": {owner}, "mine": {"1"}}).status)
	require.Len(t, s.api("admin", "POST", path, `{"to":"lee@example.com"}`, 200).json(t)["owns"], 0, "the rest at once")
	require.NotContains(t, b.get("/projects/MINE/settings").body, "Open hand-overs")
	require.NotContains(t, s.api("admin", "GET", line, "", 200).body, "owner_model")

	s.token("viewer", models.Viewer, p.ID)
	s.api("viewer", "GET", path, "", 404)
	absent := s.api("viewer", "GET", "/people/999999/handover", "", 404)
	require.Equal(t, strip(absent.body, ""), strip(s.api("viewer", "GET", path, "", 404).body, ""), "a person out of reach answers like one who is not there")
}
