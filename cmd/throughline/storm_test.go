package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"throughline/integrations/github/lookalike"
)

// TestTheProgramAfterTheStorm plays a history of sixty pull requests against the
// whole program, which is posted to and asks at the same time: a third of the
// webhooks is lost, others come late, twice and in any order, and REST fails now
// and then. In the end the program's list of pull requests is GitHub's.
func TestTheProgramAfterTheStorm(t *testing.T) {
	gh := lookalike.Start(t, 5)
	gh.Token("t0ken", lookalike.Writing)
	history := gh.Scenario("acme/fraud", 5, 60)
	p, token := listening(t, gh)
	gh.Hook(gh.Repo("acme/fraud"), p.address+"/hooks/github/main", "s3cret", "*")
	gh.Storm(lookalike.Storm{Drop: 0.3, Repeat: 0.2, Delay: 0.3})
	gh.Lie(lookalike.Lies{Bad: 0.05, Cut: 0.03, Slow: 0.02, Late: time.Millisecond})
	for n := 0; history.Step(); n++ {
		if n%100 == 0 {
			p.ask(token)
		}
	}
	gh.Lie(lookalike.Lies{})
	gh.Calm()
	gh.Advance(2 * time.Second)
	difference, asked := "", 0
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("in the end:\n" + difference)
		}
	})
	p.wait("GitHub's truth", func() bool {
		if total := gh.Count().Total; total == asked { // it rests
			p.ask(token)
		} else {
			asked = total
		}
		difference = compared(gh, p.pulls(token))
		return difference == ""
	})
	if n := gh.Count().MostAtOnce; n != 1 {
		t.Errorf("%d requests at a time", n)
	}
}

// listening is a program that is connected to a GitHub.
func listening(t *testing.T, gh *lookalike.Server) (*program, string) {
	t.Helper()
	dir := t.TempDir()
	p := start(t, "serve", "--addr", "127.0.0.1:0", "--data", dir, "--allow-upstream", strings.TrimPrefix(gh.URL, "http://"))
	_, out, _ := once(t, nil, "token", "create", "--data", dir, "--name", "outside", "--role", "administrator")
	token := lastLine(out)
	settings := fmt.Sprintf(`{"source":"github","name":"main","settings":{"secret":"s3cret","token":"t0ken","repositories":"acme/fraud","api_url":%q}}`, gh.URL+"/api/v3/")
	for _, call := range [][2]string{{"/api/v1/projects", `{"key":"BAR","name":"Bar"}`}, {"/api/v1/projects/BAR/integrations", settings}} {
		if status, answer := p.call(token, http.MethodPost, call[0], call[1]); status != http.StatusCreated {
			t.Fatalf("%s: %d %s", call[0], status, answer)
		}
	}
	return p, token
}

// ask has the program ask GitHub now.
func (p *program) ask(token string) {
	p.t.Helper()
	if status, answer := p.call(token, http.MethodPost, "/api/v1/projects/BAR/integrations/github/main/resume", ""); status >= 300 {
		p.t.Fatal(status, answer)
	}
}

// pulls are the pull requests that the program lists, by key.
func (p *program) pulls(token string) map[string][2]string {
	p.t.Helper()
	out := map[string][2]string{}
	for after := ""; ; {
		status, text := p.call(token, http.MethodGet, "/api/v1/subjects?source=github&kind=pull_request&limit=100&after="+after, "")
		var list struct {
			Subjects []struct{ Key, State, Title string }
			Next     string
		}
		if err := json.Unmarshal([]byte(text), &list); status != http.StatusOK || err != nil {
			p.t.Fatal(status, text, err)
		}
		for _, s := range list.Subjects {
			out[s.Key] = [2]string{s.State, s.Title}
		}
		if after = list.Next; after == "" {
			return out
		}
	}
}

// compared says where the list differs from what GitHub has.
func compared(gh *lookalike.Server, listed map[string][2]string) string {
	var out strings.Builder
	for key, known := range gh.Expected() {
		number, is := strings.CutPrefix(key, "pull_request ")
		if want := [2]string{known.State, known.Title}; is && listed[number] != want {
			fmt.Fprintf(&out, "%s is %q, not %q\n", number, want, listed[number])
		}
		if is {
			delete(listed, number)
		}
	}
	for key := range listed {
		fmt.Fprintf(&out, "%s is none\n", key)
	}
	return out.String()
}
