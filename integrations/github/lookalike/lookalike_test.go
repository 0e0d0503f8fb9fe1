package lookalike

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// answer asks for an address and returns what came.
func (s *Server) ask(t *testing.T, token, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer, string(text)
}

func TestItAnswersAsGitHubDoes(t *testing.T) {
	gh := Start(t, 1)
	r := gh.Repo("acme/fraud")
	for n := range 5 {
		r.OpenPull(Draw{By: "kim", Title: fmt.Sprint("Change ", n+1)})
	}
	gh.Token("all", Reading)
	gh.Token("few", Reading.Without("pull_requests"))
	gh.Token("none", Reading, "acme/other")

	for _, c := range []struct {
		token, path string
		status      int
		says        string
	}{
		{"all", "/repos/acme/fraud/pulls?per_page=2", 200, `"number":5`},
		{"all", "/api/v3/repos/acme/fraud/pulls/5", 200, `"merged_by":null`},
		{"few", "/repos/acme/fraud/pulls", 403, "Resource not accessible by personal access token"},
		{"none", "/repos/acme/fraud/pulls", 404, `"status":"404"`},
		{"wrong", "/repos/acme/fraud/pulls", 401, "Bad credentials"},
		{"all", "/repos/acme/fraud/commits/" + r.Pulls[0].Head()[:8], 200, r.Pulls[0].Head()},
		{"all", "/repos/acme/fraud/commits/ffffffffffffffff", 422, "No commit found"},
		{"all", "/repos/acme/fraud/git/ref/pull/5/merge", 200, r.Pulls[4].MergeCommit},
		{"all", "/repos/acme/fraud/hooks", 200, "[]"},
		{"all", "/orgs/acme/repos", 200, `"full_name":"acme/fraud"`},
		{"all", "/app", 401, "JSON web token"},
	} {
		answer, body := gh.ask(t, c.token, "GET", c.path, "")
		if answer.StatusCode != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s as %s: %d %.300s", c.path, c.token, answer.StatusCode, body)
		}
	}

	first, body := gh.ask(t, "all", "GET", "/api/v3/repos/acme/fraud/pulls?per_page=2&state=all", "")
	if link := first.Header.Get("Link"); !strings.Contains(link, "/api/v3/repos/acme/fraud/pulls?page=2&per_page=2&state=all>; rel=\"next\"") || !strings.Contains(link, `page=3`) {
		t.Error(link)
	}
	if strings.Contains(body, "merged_by") || strings.Contains(body, "additions") {
		t.Error("lists leave those out")
	}
	again, _ := gh.ask(t, "all", "GET", "/api/v3/repos/acme/fraud/pulls?per_page=2&state=all", "", "If-None-Match", first.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified || again.Header.Get("X-RateLimit-Remaining") != first.Header.Get("X-RateLimit-Remaining") {
		t.Error("nothing changed, and it costs nothing:", again.StatusCode, again.Header)
	}
	r.Rename("fraud-score")
	moved, body := gh.ask(t, "all", "GET", "/repos/acme/fraud/pulls/1", "")
	if moved.StatusCode != 200 || !strings.Contains(body, "acme/fraud-score") {
		t.Error("the old name leads to the new one:", moved.StatusCode, body)
	}
	if c := gh.Count(); c.NotModified != 1 || c.Conditional != 1 || c.MostAtOnce != 1 || c.Routes["GET /repos/{owner}/{repo}/pulls"] != 6 {
		t.Errorf("%+v", c)
	}
}

func TestWebhooksGetLostAndComeAgain(t *testing.T) {
	gh := Start(t, 1)
	var got []Post
	gh.Send = func(p Post) int { got = append(got, p); return 202 }
	r := gh.Repo("acme/fraud")
	h := gh.Hook(r, "http://hub/hooks/github/main", "s3cret", "pull_request")
	gh.Storm(Storm{Drop: 1})
	pr := r.OpenPull(Draw{By: "kim"})
	if len(got) != 1 || got[0].Event != "ping" {
		t.Fatalf("all but the ping is lost: %d", len(got))
	}
	gh.Calm()
	gh.Token("all", Writing)
	at := fmt.Sprintf("/repos/acme/fraud/hooks/%d/deliveries", h.ID)
	_, body := gh.ask(t, "all", "GET", at, "")
	var list []struct {
		ID         int64
		StatusCode int `json:"status_code"`
		GUID       string
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list) != 2 || list[0].StatusCode != 502 {
		t.Fatal(err, body)
	}
	if answer, _ := gh.ask(t, "all", "POST", fmt.Sprint(at, "/", list[0].ID, "/attempts"), ""); answer.StatusCode != 202 {
		t.Error(answer.Status)
	}
	if len(got) != 2 || got[1].Header.Get("X-GitHub-Delivery") != list[0].GUID || !strings.Contains(string(got[1].Body), pr.Head()) {
		t.Errorf("the lost one came: %d", len(got))
	}
	if answer, body := gh.ask(t, "all", "GET", at+"?per_page=1", ""); !strings.Contains(answer.Header.Get("Link"), "cursor=v1_") || !strings.Contains(body, `"redelivery":true`) {
		t.Error(answer.Header, body)
	}
}

func TestLies(t *testing.T) {
	gh := Start(t, 1)
	gh.Repo("acme/fraud")
	gh.Token("all", Reading)
	for _, c := range []struct {
		lies   Lies
		status int
		header string
	}{
		{Lies{Bad: 1}, 502, ""}, {Lies{Limited: 1}, 0, "Retry-After"}, {Lies{Spent: 1, Wait: 5}, 403, "X-RateLimit-Reset"}, {Lies{Slow: 1, Late: time.Millisecond}, 200, "ETag"},
	} {
		gh.Lie(c.lies)
		answer, _ := gh.ask(t, "all", "GET", "/repos/acme/fraud", "")
		if c.status != 0 && answer.StatusCode != c.status || c.header != "" && answer.Header.Get(c.header) == "" {
			t.Errorf("%+v: %d %v", c.lies, answer.StatusCode, answer.Header)
		}
	}
	gh.Lie(Lies{Cut: 1})
	if _, body := gh.ask(t, "all", "GET", "/repos/acme/fraud", ""); json.Valid([]byte(body)) {
		t.Error("the answer was not cut")
	}
}
