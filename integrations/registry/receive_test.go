package registry

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"throughline/integrations"
	"throughline/integrations/promises"
)

var (
	digestA = "sha256:" + strings.Repeat("a", 64)
	digestB = "sha256:" + strings.Repeat("b", 64)
)

func posted(body string) integrations.Request {
	return integrations.Request{Header: http.Header{"Content-Type": {"application/vnd.docker.distribution.events.v2+json"}}, Body: []byte(body)}
}

func distributed(events ...string) integrations.Request {
	return posted(`{"events":[` + strings.Join(events, ",") + `]}`)
}

func eventOf(id, action, media, digest, tag string) string {
	return `{"id":"` + id + `","timestamp":"2026-05-04T10:00:00.5Z","action":"` + action + `","target":{"mediaType":"` + media + `","digest":"` + digest + `","size":518,"length":518,"repository":"acme/fraud","tag":"` + tag +
		`","url":"http://inside:5000/v2/acme/fraud/manifests/x"},"request":{"id":"r","addr":"10.0.0.7:1","host":"registry.acme.test","method":"PUT","useragent":"docker/29"},"actor":{"name":"ci"},"source":{"addr":"vm:5000","instanceID":"i"}}`
}

var (
	aPush    = eventOf("e1", "push", imageType, digestA, "1.4.2")
	anIndex  = eventOf("e2", "mount", indexType, digestB, "")
	aLayer   = eventOf("e3", "push", "application/octet-stream", digestA, "")
	aPull    = eventOf("e4", "pull", imageType, digestA, "1.4.2")
	aDelete  = eventOf("e5", "delete", "", digestA, "")
	anUntag  = eventOf("e6", "delete", "", "", "1.4.2")
	resource = `{"resources":[{"digest":"` + digestA + `","tag":"1.4.2","resource_url":"harbor.acme.test/acme/fraud:1.4.2"%}],"repository":{"date_created":1777888800,"name":"fraud","namespace":"acme","repo_full_name":"acme/fraud","repo_type":"private"}}`
)

func harborPost(kind, more string) integrations.Request {
	return posted(`{"type":"` + kind + `","occur_at":1777888800,"operator":"robot$ci","event_data":` + strings.Replace(resource, "%", more, 1) + `}`)
}

func harborEvent(kind, more string) integrations.Request {
	return posted(`{"specversion":"1.0","id":"4b2f","requestid":"r","source":"/projects/1/webhook/policies/15","type":"` + kind + `","datacontenttype":"application/json","time":"2026-05-04T10:00:00Z","operator":"robot$ci","data":` + strings.Replace(resource, "%", more, 1) + `}`)
}

const scan = `,"scan_overview":{"application/vnd.security.vulnerability.report; version=1.1":{"scan_status":"Success","severity":"High","summary":{"total":12,"fixable":7,"summary":{"Critical":0,"High":3}}}}`

func TestKeepsThePromises(t *testing.T) {
	promises.Keep(t, source(), promises.Cases{
		Valid: map[string]integrations.Request{"a push": distributed(aPush), "an index": distributed(anIndex), "several": distributed(aPush, anIndex, aPull), "a delete": distributed(aDelete),
			"harbor's push": harborPost("PUSH_ARTIFACT", ""), "harbor's delete": harborPost("DELETE_ARTIFACT", ""), "harbor's scan": harborPost("SCANNING_COMPLETED", scan),
			"harbor's event": harborEvent("harbor.artifact.pushed", ""), "harbor's scan event": harborEvent("harbor.scan.completed", scan)},
		Unknown: map[string]integrations.Request{"a dream": distributed(eventOf("e9", "dream", imageType, digestA, "")), "quota": harborPost("QUOTA_EXCEED", ""), "a pull of harbor": harborEvent("harbor.artifact.pulled", ""), "nothing": posted(`{}`), "an untagging": distributed(anUntag)}})
}

func FuzzPosts(f *testing.F) {
	promises.Fuzz(f, source(), integrations.Account{}, distributed(aPush, anIndex, aDelete), harborPost("SCANNING_COMPLETED", scan), harborEvent("harbor.artifact.deleted", ""))
}

func events(t *testing.T, a integrations.Account, r integrations.Request) []integrations.Event {
	t.Helper()
	out, err := source().Receive(context.Background(), a, r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPullsAndLayersWakeNobody: reading a manifest is a pull; a poll that followed
// it would be one without end.
func TestPullsAndLayersWakeNobody(t *testing.T) {
	if got := events(t, integrations.Account{}, distributed(aLayer, aPull, aPull)); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	for _, e := range events(t, integrations.Account{}, distributed(aPush, anIndex, aDelete, anUntag)) {
		if !e.Poke || e.ID == "" {
			t.Errorf("%+v", e)
		}
	}
}

func TestAPushNamesTheImage(t *testing.T) {
	e := events(t, integrations.Account{}, distributed(aPush))[0]
	d := e.Batch.Descriptions[0]
	if e.ID != "e1" || e.Name != "image.pushed" || d.Ref.Key != digestA || d.Title != "acme/fraud:1.4.2" || d.Facts["tag.registry.acme.test/acme/fraud:1.4.2"] != true || d.Facts["pushed_by"] != "ci" {
		t.Errorf("%+v", e)
	}
	e = events(t, integrations.Account{Settings: map[string]string{"url": "https://hub.acme.test/"}}, distributed(aPush))[0]
	if d := e.Batch.Descriptions[0]; d.Facts["tag.hub.acme.test/acme/fraud:1.4.2"] != true {
		t.Errorf("the host of the settings does not win: %+v", d.Facts)
	}
	e = events(t, integrations.Account{}, distributed(aDelete))[0]
	if d := e.Batch.Descriptions[0]; len(d.Whole) != 1 || d.Facts["name.registry.acme.test/acme/fraud"] != nil {
		t.Errorf("%+v", d)
	}
	if e = events(t, integrations.Account{}, distributed(eventOf("e7", "push", imageType, "sha256:x", "")))[0]; e.Err == nil {
		t.Error("a push without a digest is understood")
	}
}

func TestHarborsScanIsKeptWithTheImage(t *testing.T) {
	for _, r := range []integrations.Request{harborPost("SCANNING_COMPLETED", scan), harborEvent("harbor.scan.completed", scan)} {
		e := events(t, integrations.Account{}, r)[0]
		d := e.Batch.Descriptions[0]
		if e.Poke || d.Facts["scan.severity"] != "High" || d.Facts["scan.vulnerabilities"] != int64(12) || d.Facts["scan.high"] != int64(3) || d.Facts["name.harbor.acme.test/acme/fraud"] != true {
			t.Errorf("%+v", e)
		}
	}
}

// TestRecordedNotifications reads what a real distribution 3.0.0 posted.
func TestRecordedNotifications(t *testing.T) {
	dir := os.Getenv("THROUGHLINE_SAMPLES")
	if dir == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("THROUGHLINE_SAMPLES must name the folder of recorded samples")
		}
		t.Skip("THROUGHLINE_SAMPLES names no folder of recorded samples")
	}
	text, err := os.ReadFile(filepath.Join(dir, "registry", "captured-distribution-v3.0.0-notifications.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]int{}
	for line := range strings.Lines(string(text)) {
		var post struct{ Body json.RawMessage }
		if err := json.Unmarshal([]byte(line), &post); err != nil {
			t.Fatal(err)
		}
		for _, e := range events(t, integrations.Account{}, integrations.Request{Header: http.Header{}, Body: post.Body}) {
			if e.Err != nil {
				t.Error(e.Err)
			}
			names[e.Name]++
		}
	}
	if names["image.pushed"] != 4 || names["image.deleted"] != 2 {
		t.Errorf("%v", names)
	}
	for _, name := range []string{"doc-envelope-1.json", "doc-envelope-push-3-events.json"} {
		text, err := os.ReadFile(filepath.Join(dir, "registry", name))
		if err != nil {
			t.Fatal(err)
		}
		t.Log(name, len(events(t, integrations.Account{}, integrations.Request{Header: http.Header{}, Body: text})))
	}
}
