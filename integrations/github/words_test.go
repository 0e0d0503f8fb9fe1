package github

import (
	"strings"
	"testing"
	"unicode/utf8"

	"throughline/models"
)

func TestWorkState(t *testing.T) {
	for _, c := range []struct {
		status, conclusion string
		state              models.State
		raw                string
	}{
		{"queued", "", models.Queued, "queued"}, {"requested", "", models.Queued, "requested"}, {"waiting", "", models.Queued, "waiting"},
		{"pending", "", models.Queued, "pending"}, {"in_progress", "", models.Running, "in_progress"}, {"completed", "", models.Unknown, "completed"},
		{"completed", "success", models.Passed, "success"}, {"completed", "failure", models.Failed, "failure"}, {"completed", "neutral", models.Warning, "neutral"},
		{"completed", "cancelled", models.Cancelled, "cancelled"}, {"completed", "skipped", models.Skipped, "skipped"}, {"completed", "timed_out", models.Failed, "timed_out"},
		{"completed", "action_required", models.Warning, "action_required"}, {"completed", "stale", models.Unknown, "stale"},
		{"completed", "startup_failure", models.Failed, "startup_failure"}, {"brand_new", "", models.Unknown, "brand_new"},
	} {
		if state, raw := workState(c.status, c.conclusion); state != c.state || raw != c.raw {
			t.Errorf("%s, %s: %s (%s)", c.status, c.conclusion, state, raw)
		}
	}
}

func TestDeploymentState(t *testing.T) {
	for word, want := range map[string]models.State{"success": models.Live, "inactive": models.Superseded, "error": models.Failed, "failure": models.Failed,
		"queued": models.Pending, "in_progress": models.Pending, "waiting": models.Pending, "brand_new": models.Pending} {
		if got := deploymentState(word); got != want {
			t.Errorf("%s: %s", word, got)
		}
	}
}

func TestRelease(t *testing.T) {
	for payload, want := range map[string]string{
		`{"model":"fraud","version":"3"}`: "fraud/3", `{"model":"fraud","version":3}`: "fraud/3", `"{\"model\":\"fraud\",\"version\":3}"`: "fraud/3",
		`{}`: "", `""`: "", `null`: "", `[]`: "", ``: "", `"free text"`: "", `{"model":"fraud"}`: "", `{"version":3}`: "", `{"model":7,"version":3}`: "",
		`{"model":"a/b","version":"1/2"}`: "", `{"model":"a/b","version":"1"}`: "a/b/1", `{"model":"/","version":"1"}`: "",
	} {
		if got := release([]byte(payload)).key(); got != want {
			t.Errorf("%s names %q", payload, got)
		}
	}
}

func TestClip(t *testing.T) {
	if got := clip("a\x00b", 10); got != "ab" {
		t.Errorf("NUL is kept: %q", got)
	}
	if got := clip(strings.Repeat("é", 10), 5); got != "éé" || !utf8.ValidString(got) {
		t.Errorf("cut inside a letter: %q", got)
	}
}

func TestWebAddress(t *testing.T) {
	for s, want := range map[string]string{"https://x.example/a b": "https://x.example/a%20b", "http://x.example": "http://x.example", "javascript:alert(1)": "",
		"https:///path": "", "//x.example": "", "/path": "", "": "", "https://x.example/" + strings.Repeat("a", 3000): "", "data:text/html,x": ""} {
		if got := webAddress(s); got != want {
			t.Errorf("%.60s: %q", s, got)
		}
	}
}
