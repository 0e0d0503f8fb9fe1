package main

import (
	"encoding/json"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestTheSnippetsForBotsWork runs what the page offers to copy, as it stands there:
// in a shell, in Python, as the step of an Action and of a Jenkinsfile.
func TestTheSnippetsForBotsWork(t *testing.T) {
	p, token, reader := eventHub(t)
	status, page := p.call(reader, "GET", "/projects/FRAUD/bots", "")
	if status != 200 {
		t.Fatal(status, page)
	}
	snippet := func(id string) string {
		found := regexp.MustCompile(`(?s)<pre id="` + id + `"[^>]*>(.*?)</pre>`).FindStringSubmatch(page)
		if found == nil {
			t.Fatalf("the page has no %s", id)
		}
		return html.UnescapeString(found[1])
	}
	lines := strings.Replace(snippet("environment"), "THE-TOKEN", token, 1)
	forge := "export GITHUB_REPOSITORY=acme/fraud GITHUB_RUN_ID=77 GITHUB_RUN_ATTEMPT=2 GITHUB_JOB=train GITHUB_RUN_NUMBER=12 GITHUB_REF_NAME=main GITHUB_ACTOR=kim GITHUB_SERVER_URL=https://github.com GITHUB_SHA=" + strings.Repeat("a1", 20) + " STATE=failure\n"
	jenkins := "export JOB_NAME=acme/train BUILD_TAG=jenkins-train-9 BUILD_NUMBER=9 GIT_BRANCH=origin/main BUILD_URL=https://ci.acme.test/9/ GIT_URL=https://github.com/acme/fraud.git GIT_COMMIT=" + strings.Repeat("b2", 20) + " STATE=ABORTED\n"
	for _, s := range []struct{ name, program, input, kind, key, want string }{
		{"curl", "sh", lines + "\n" + snippet("snippet-curl"), "", "", ""},
		{"python", "python3", environmentIn(lines) + snippet("snippet-python"), "", "", ""},
		{"action", "sh", forge + lines + "\n" + stepOf(t, snippet("snippet-action")), "pipeline_run", "77-train", `"state":"failed"`},
		{"jenkins", "sh", jenkins + lines + "\n" + between(t, snippet("snippet-jenkins"), "sh '''", "'''"), "pipeline_run", "jenkins-train-9", `"state":"cancelled"`},
		{"shell", "sh", lines + "\nthroughline() { \"$PROGRAM\" \"$@\"; }\n" + snippet("snippet-shell"), "", "", ""},
	} {
		if said := runAs(t, s.program, s.input); !strings.Contains(said, "applied") {
			t.Errorf("%s says %s", s.name, said)
		}
		if s.key == "" {
			continue
		}
		if _, text := p.call(reader, "GET", "/api/v1/subjects/"+s.kind+"/"+s.key, ""); !strings.Contains(text, s.want) {
			t.Errorf("%s: %s", s.name, text)
		}
	}
	_, arrived := p.call(reader, "GET", "/projects/FRAUD/bots?since=1", "")
	if !strings.Contains(arrived, "arrived") || strings.Contains(page, "</b> arrived") {
		t.Error("the page does not say that something arrived, or says it too early")
	}
}

// environmentIn is the shell's environment as Python has it.
func environmentIn(lines string) string {
	out := "import os\n"
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "export ")), "=")
		text, _ := json.Marshal(value)
		out += "os.environ[\"" + name + "\"] = " + string(text) + "\n"
	}
	return out
}

// stepOf is the script of an Action's step.
func stepOf(t *testing.T, text string) string {
	t.Helper()
	var steps []struct{ Run string }
	if err := yaml.Unmarshal([]byte(text), &steps); err != nil || len(steps) != 1 {
		t.Fatal(err, steps)
	}
	return steps[0].Run
}

func between(t *testing.T, text, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, from)
	inside, _, closed := strings.Cut(rest, to)
	if !ok || !closed {
		t.Fatal(text)
	}
	return inside
}

// runAs gives a program its script on standard input, and is what it says.
func runAs(t *testing.T, program, script string) string {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil && os.Getenv("CI") != "true" {
		t.Skip("no " + program)
	}
	c := exec.CommandContext(t.Context(), program)
	c.Stdin = strings.NewReader(script)
	c.Env = os.Environ()
	if strings.Contains(script, "$PROGRAM") {
		c.Env = append(c.Env, "PROGRAM="+built(t))
	}
	out, err := c.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v", program, err)
	}
	return string(out)
}

// built is the whole program as a file.
func built(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "throughline")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", file, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	return file
}
