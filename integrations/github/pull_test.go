package github

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throughline/integrations"
	"throughline/models"
)

// lookAlike answers like GitHub's REST API for the repository acme/fraud.
type lookAlike struct {
	pulls    []map[string]any // the newest change first
	reviews  map[int][]map[string]any
	status   int // of every answer, when it is not 0
	header   http.Header
	requests int
	tokens   map[string]bool

	failFrom, failTo int // requests that are answered 502
	limitFrom        int // requests from which on the hourly limit is used up
	unchanged        int // requests answered 304
}

func (l *lookAlike) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.requests++
	l.tokens[r.Header.Get("Authorization")] = true
	for name, values := range l.header {
		w.Header()[name] = values
	}
	if l.status != 0 {
		w.WriteHeader(l.status)
		_, _ = w.Write([]byte(`{"message":"no"}`))
		return
	}
	switch {
	case l.requests >= l.failFrom && l.requests < l.failTo:
		w.WriteHeader(http.StatusBadGateway)
		return
	case l.limitFrom > 0 && l.requests >= l.limitFrom:
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", fmt.Sprint(time.Now().Add(time.Hour).Unix()))
		w.WriteHeader(http.StatusForbidden)
		return
	case strings.Contains(r.URL.Path, "hidden"):
		w.WriteHeader(http.StatusNotFound)
		return
	}
	text, _ := json.Marshal(l.answer(w, r))
	tag := fmt.Sprintf(`"%x"`, sha256.Sum256(text))
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		l.unchanged++
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(text)
}

// answer is what the API says to a question; of most lists, that they are empty.
func (l *lookAlike) answer(w http.ResponseWriter, r *http.Request) any {
	below := strings.TrimPrefix(r.URL.Path, "/repos/acme/fraud")
	var number int
	switch _, _ = fmt.Sscanf(below, "/pulls/%d", &number); {
	case below == "":
		return repo()
	case r.URL.Path == "/orgs/acme/repos":
		return []any{repo()}
	case below == "/pulls":
		return l.page(w, r)
	case strings.HasSuffix(below, "/reviews"):
		return append([]map[string]any{}, l.reviews[number]...)
	case number > 0 && strings.Count(below, "/") == 2:
		for _, pr := range l.pulls {
			if pr["number"] == number {
				return with(pr, "merged", true)
			}
		}
	case strings.HasSuffix(below, "/check-runs"):
		return map[string]any{"total_count": 0, "check_runs": []any{}}
	case strings.HasSuffix(below, "/status"):
		return map[string]any{"statuses": []any{}}
	case strings.HasSuffix(below, "/actions/runs"):
		return map[string]any{"workflow_runs": []any{}}
	}
	return []any{}
}

func repo() map[string]any {
	return map[string]any{"id": 1, "name": "fraud", "full_name": "acme/fraud", "html_url": "https://github.com/acme/fraud", "created_at": "2020-01-01T00:00:00Z"}
}

// page answers pulls in pages of two, whatever was asked for.
func (l *lookAlike) page(w http.ResponseWriter, r *http.Request) any {
	page := 1
	_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
	from, to := min(2*(page-1), len(l.pulls)), min(2*page, len(l.pulls))
	if to < len(l.pulls) {
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?page=%d>; rel="next"`, r.Host, r.URL.Path, page+1))
	}
	return l.pulls[from:to]
}

func newLookAlike(t *testing.T) (*lookAlike, integrations.Account) {
	l := &lookAlike{tokens: map[string]bool{}, reviews: map[int][]map[string]any{}}
	for n := 5; n > 0; n-- {
		l.pulls = append(l.pulls, restPull(n, time.Date(2026, 11, n, 12, 0, 0, 0, time.UTC)))
	}
	l.reviews[3] = []map[string]any{{"id": 9, "user": person("lee"), "state": "APPROVED", "submitted_at": "2026-11-03T11:00:00Z", "commit_id": strings.Repeat("b", 40)}}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	return l, integrations.Account{Settings: map[string]string{"token": "t0ken", "api_url": server.URL, "repositories": "acme/fraud"}}
}

func person(login string) map[string]any {
	return map[string]any{"login": login, "id": len(login), "type": "User"}
}

// restPull is a merged pull request as the REST API lists it, and as webhooks hold it.
func restPull(n int, updated time.Time) map[string]any {
	side := func(letter string) map[string]any {
		return map[string]any{"ref": "x", "sha": strings.Repeat(letter, 40), "repo": repo()}
	}
	at := updated.Format(time.RFC3339)
	return map[string]any{"id": n, "number": n, "state": "closed", "title": fmt.Sprint("Change ", n), "html_url": fmt.Sprint("https://github.com/acme/fraud/pull/", n),
		"user": person("kim"), "draft": false, "created_at": "2026-10-01T00:00:00Z", "updated_at": at, "merged_at": at, "closed_at": at,
		"merge_commit_sha": strings.Repeat("c", 40), "head": side("b"), "base": side("a")}
}

// poll asks until nothing is left to ask, and returns all that was found.
func poll(t *testing.T, account integrations.Account, cursor string) (all models.Batch) {
	t.Helper()
	p := New(http.DefaultClient)
	for more := true; more; {
		batch, next, err := p.Poll(context.Background(), account, cursor)
		if err != nil {
			t.Fatal(err)
		}
		all.Descriptions = append(all.Descriptions, batch.Descriptions...)
		all.Progress, cursor, more = batch.Progress, batch.Cursor, next
	}
	all.Cursor = cursor
	return all
}

func mergedFacts(descriptions ...models.Description) map[models.Ref]models.Facts {
	out := map[models.Ref]models.Facts{}
	for _, d := range descriptions {
		if out[d.Ref] == nil {
			out[d.Ref] = models.Facts{}
		}
		out[d.Ref].Merge(d, 1)
	}
	return out
}

func TestPollingFindsWhatWebhooksTell(t *testing.T) {
	l, account := newLookAlike(t)
	polled := poll(t, account, "").Descriptions
	var told []models.Description
	for _, pr := range l.pulls {
		told = append(told, webhook(t, account, "pull_request", map[string]any{"action": "closed", "pull_request": with(pr, "merged", true)})...)
	}
	review := with(l.reviews[3][0], "state", "approved")
	told = append(told, webhook(t, account, "pull_request_review", map[string]any{"action": "submitted", "review": review, "pull_request": with(l.pulls[2], "merged", true)})...)
	values := func(d []models.Description) map[models.Ref]map[string]any {
		out := map[models.Ref]map[string]any{}
		for ref, f := range mergedFacts(d...) {
			out[ref] = f.Values()
			out[ref]["state"] = f.State().State
		}
		return out
	}
	if diff := cmp.Diff(values(told), values(polled)); diff != "" {
		t.Errorf("webhooks (-) and polls (+) differ:\n%s", diff)
	}
	if diff := cmp.Diff(values(append(told, polled...)), values(append(polled, told...))); diff != "" {
		t.Errorf("the order matters:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]bool{"Bearer t0ken": true}, l.tokens); diff != "" {
		t.Error(diff)
	}
}

func with(m map[string]any, name string, value any) map[string]any {
	out := map[string]any{name: value}
	for k, v := range m {
		if k != name {
			out[k] = v
		}
	}
	return out
}

func webhook(t *testing.T, account integrations.Account, event string, payload map[string]any) []models.Description {
	t.Helper()
	payload["repository"] = payload["pull_request"].(map[string]any)["base"].(map[string]any)["repo"]
	body, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := decode(account, event, body)
	if err != nil || decoded.Err != nil {
		t.Fatal(err, decoded.Err)
	}
	return decoded.Batch.Descriptions
}

func TestTroubleIsSaidInPlainWords(t *testing.T) {
	for _, test := range []struct {
		status int
		header http.Header
		pause  bool
		says   string
	}{
		{http.StatusTooManyRequests, http.Header{"Retry-After": {"90"}}, true, "slower"},
		{http.StatusForbidden, http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {fmt.Sprint(time.Now().Add(time.Hour).Unix())}}, true, "used up"},
		{http.StatusForbidden, nil, false, "may not read acme/fraud"},
		{http.StatusNotFound, nil, false, "may not read acme/fraud"},
		{http.StatusUnauthorized, nil, false, "expired"},
		{http.StatusBadGateway, nil, false, "502"},
	} {
		l, account := newLookAlike(t)
		l.status, l.header = test.status, test.header
		_, _, err := New(http.DefaultClient).Poll(context.Background(), account, "")
		var pause *integrations.RetryAfter
		if errors.As(err, &pause) != test.pause || err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%d: %v", test.status, err)
		}
		if pause != nil && time.Until(pause.Until) < 30*time.Second {
			t.Errorf("%d: the pause ends already at %v", test.status, pause.Until)
		}
		if err := New(http.DefaultClient).Check(context.Background(), account); err == nil {
			t.Errorf("%d: the settings passed the check", test.status)
		}
	}
}

func TestOnlyWithATokenAndChosenRepositories(t *testing.T) {
	for _, test := range []struct {
		token, repositories string
		polls               bool
	}{{"t", "acme/fraud", true}, {"t", "acme/*", true}, {"t", "*", true}, {"t", "", false}, {"", "acme/fraud", false}} {
		account := integrations.Account{Settings: map[string]string{"token": test.token, "repositories": test.repositories}}
		if polls := New(http.DefaultClient).Polls(account); polls != test.polls {
			t.Errorf("%+v: %v", test, polls)
		}
	}
}
