package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"throughline/integrations"
	"throughline/integrations/jenkins"
)

// TestAnyOrderOfJenkinsGivesOneState: what the Notification plugin posts of a build
// and what a poll tells of it, while it builds and when it is over, in thirty
// orders and some of it twice, leave one state; without either, a build that ended.
func TestAnyOrderOfJenkinsGivesOneState(t *testing.T) {
	posted, asked := jenkinsPosts(t), jenkinsPolls(t)
	first := ""
	for seed := range uint64(30) {
		state := leaveAs(t, "jenkins", shuffled(append(posted[:len(posted):len(posted)], asked...), seed))
		if first == "" {
			first = state
		}
		if state != first {
			t.Fatalf("order %d ends elsewhere:\n%s", seed, difference(first, state))
		}
	}
	for name, events := range map[string][]integrations.Event{"posts and polls": append(posted[:len(posted):len(posted)], asked...), "posts alone": posted, "polls alone": asked} {
		state := leaveAs(t, "jenkins", shuffled(events, 1))
		if strings.Count(state, "subject pipeline_run") != 1 || !strings.Contains(state, "train #42") || !strings.Contains(state, "failed") {
			t.Errorf("%s leave\n%s", name, state)
		}
	}
	if !strings.Contains(first, "built_fromcommit github.com/acme/fraud@3f786850e387550fdab836ed7e6dc881de23001b") || strings.Contains(first, "@2222") {
		t.Errorf("the checkout of the build does not win over the post's:\n%s", first)
	}
}

func jenkinsPosts(t *testing.T) (out []integrations.Event) {
	for _, phase := range []string{`"QUEUED"`, `"STARTED"`, `"COMPLETED","status":"FAILURE","duration":184211`, `"FINALIZED","status":"FAILURE","duration":184211`} {
		body := `{"url":"job/train/","build":{"full_url":"https://ci.acme.test/job/train/42/","timestamp":1786356900123,"scm":{"url":"https://github.com/acme/fraud.git","branch":"origin/old","commit":"2222222222222222222222222222222222222222"},"phase":` + phase + `}}`
		events, err := jenkins.New(nil).Receive(context.Background(), integrations.Account{}, integrations.Request{Header: http.Header{}, Body: []byte(body)})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, events...)
	}
	return out
}

func jenkinsPolls(t *testing.T) (out []integrations.Event) {
	for i, how := range []string{`"building":true,"result":"SUCCESS","duration":0`, `"building":false,"result":"FAILURE","duration":184211`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", "Mon, 10 Aug 2026 10:16:00 GMT") // while it builds
			if r.URL.Path == "/api/json" {
				fmt.Fprint(w, `{"jobs":[{"_class":"hudson.model.FreeStyleProject","url":"https://ci.acme.test/job/train/","lastBuild":{"number":42}}]}`)
				return
			}
			fmt.Fprint(w, `{"allBuilds":[{"number":42,"url":"https://ci.acme.test/job/train/42/","timestamp":1786356900123,`+how+`,
 "actions":[{"lastBuiltRevision":{"SHA1":"3f786850e387550fdab836ed7e6dc881de23001b","branch":[{"name":"refs/remotes/origin/main"}]},"remoteUrls":["https://github.com/acme/fraud"]}]}]}`)
		}))
		defer server.Close()
		account := integrations.Account{Settings: map[string]string{"url": server.URL}}
		batch, _, err := jenkins.New(server.Client()).Poll(context.Background(), account, "")
		if err != nil || len(batch.Descriptions) != 1 {
			t.Fatal(batch, err)
		}
		batch.Cursor = ""
		out = append(out, integrations.Event{Name: "poll", Body: []byte(fmt.Sprint("poll", i)), Batch: batch})
	}
	return out
}
