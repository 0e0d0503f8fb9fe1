package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pushed is a real bare repository whose hook tells a real program.
type pushed struct {
	t                *testing.T
	root, bare, work string
}

func newPushed(t *testing.T, settings ...string) *pushed {
	t.Helper()
	for _, needed := range []string{"git", "curl", "openssl", "sh"} {
		if _, err := exec.LookPath(needed); err != nil && os.Getenv("CI") != "true" {
			t.Skip("no " + needed)
		}
	}
	root := t.TempDir()
	r := &pushed{t: t, root: root, bare: filepath.Join(root, "fraud.git"), work: filepath.Join(root, "work")}
	r.git(root, "init", "-q", "--bare", "-b", "main", r.bare)
	r.git(root, "init", "-q", "-b", "main", r.work)
	r.git(r.work, "remote", "add", "origin", r.bare)
	r.git(r.bare, "config", "receive.advertisePushOptions", "true")
	for i := 0; i+1 < len(settings); i += 2 {
		r.git(r.bare, "config", settings[i], settings[i+1])
	}
	code, hook, stderr := once(t, nil, "git-hook")
	if code != exitDone {
		t.Fatal(stderr)
	}
	if err := os.WriteFile(filepath.Join(r.bare, "hooks", "post-receive"), []byte(hook), 0o700); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *pushed) git(dir string, args ...string) string {
	r.t.Helper()
	c := exec.Command("git", args...)
	c.Dir = dir
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.root, "GIT_CONFIG_NOSYSTEM=1", "USER=ki\"m", "GIT_AUTHOR_NAME=Kim", "GIT_AUTHOR_EMAIL=kim@example.com",
		"GIT_COMMITTER_NAME=Kim", "GIT_COMMITTER_EMAIL=kim@example.com"}
	out, err := c.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r *pushed) commit(message string) string {
	r.git(r.work, "commit", "-q", "--allow-empty", "-m", message)
	return r.git(r.work, "rev-parse", "HEAD")
}

func (r *pushed) log() string {
	text, _ := os.ReadFile(filepath.Join(r.bare, "throughline.log"))
	return string(text)
}

func TestThePostReceiveHookTellsWhatWasPushed(t *testing.T) {
	data := t.TempDir()
	p := start(t, "serve", "--addr", "127.0.0.1:0", "--data", data)
	code, token, stderr := once(t, nil, "token", "create", "--data", data, "--name", "setup", "--role", "administrator")
	if token = lastLine(token); code != exitDone {
		t.Fatal(stderr)
	}
	secret := `it's "quite" \ long: ` + strings.Repeat("0123456789", 7)
	must := func(status int, answer string) string {
		t.Helper()
		if status >= 300 {
			t.Fatalf("%d %s", status, answer)
		}
		return answer
	}
	must(p.call(token, "POST", "/api/v1/projects", `{"key":"FRAUD","name":"Fraud"}`))
	must(p.call(token, "POST", "/api/v1/projects/FRAUD/integrations", `{"source":"git","name":"fraud","settings":{"secret":"it's \"quite\" \\ long: `+strings.Repeat("0123456789", 7)+`"}}`))
	must(p.call(token, "POST", "/api/v1/projects/FRAUD/cards", `{"title":"Velocity features"}`))
	r := newPushed(t, "throughline.url", p.address+"/hooks/git/fraud", "throughline.secret", secret, "throughline.repository", "git.example.com/acme/fraud")

	first := r.commit("Vélocité \"features\" \\ FRAUD-1\n\nReviewed-by: Lee <lee@example.com>")
	r.git(r.work, "tag", "-a", "v1", "-m", "First")
	r.git(r.work, "push", "-q", "-o", `ci."skip"`, "origin", "main", "v1")
	subject := func(sha string) string { return "/api/v1/subjects/commit/git.example.com%2Facme%2Ffraud@" + sha }
	has := func(path, words string) func() bool {
		return func() bool {
			status, text := p.call(token, "GET", path, "")
			return status == 200 && strings.Contains(text, words)
		}
	}
	p.wait("the first commit; the hook says: "+r.log(), has(subject(first), `Vélocité \"features\" \\ FRAUD-1`))
	p.wait("its card", has("/api/v1/links?from_kind=commit&from_key=git.example.com%2Facme%2Ffraud@"+first, "FRAUD-1"))
	p.wait("the tag", has("/api/v1/subjects/repository/git.example.com%2Facme%2Ffraud", `"tag.v1":"`+first+`"`))

	second := r.commit("To be replaced")
	r.git(r.work, "push", "-q", "origin", "main")
	p.wait("the second commit", has(subject(second), "To be replaced"))
	r.git(r.work, "reset", "-q", "--hard", first)
	third := r.commit("Instead")
	r.git(r.work, "push", "-q", "--force", "origin", "main")
	p.wait("the third commit", has(subject(third), "Instead"))
	p.wait("the mark of the second", has(subject(second), `"unreachable":true`))
	p.wait("the hook's answer", func() bool { return strings.Contains(r.log(), "answered 202") })
}

func TestTheHookNeverHoldsAPushUp(t *testing.T) {
	unset := newPushed(t)
	unset.commit("One")
	unset.git(unset.work, "push", "-q", "origin", "main")
	dead := newPushed(t, "throughline.url", "http://127.0.0.1:1/hooks/git/x", "throughline.secret", "s")
	dead.commit("One")
	dead.git(dead.work, "push", "-q", "origin", "main")
	for want, r := range map[string]*pushed{"are not set": unset, "curl:": dead} {
		p := &program{t: t}
		p.wait(want, func() bool { return strings.Contains(r.log(), want) })
	}
}

func TestTheHookIsPlainShell(t *testing.T) {
	_, hook, _ := once(t, nil, "git-hook")
	c := exec.Command("sh", "-n")
	c.Stdin = strings.NewReader(hook)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v %s", err, out)
	}
	if !strings.HasPrefix(hook, "#!/bin/sh\n") || !strings.Contains(hook, "--max-time 5") {
		t.Error("no POSIX shell script, or one without a limit")
	}
}
