package cloudevents

import (
	"fmt"
	"strings"
	"testing"

	"throughline/models"
)

// cd is what one CDEvent tells, of 0.4, 0.5 or a draft.
func cd(t *testing.T, kind, version, subject, custom string) []models.Description {
	t.Helper()
	spec := `"specversion":"` + version + `"`
	if strings.HasPrefix(version, "0.4") {
		spec = `"version":"` + version + `"`
	}
	body := fmt.Sprintf(`{"context":{%s,"id":"e1","source":"/ci","type":"dev.cdevents.%s.0.3.0-draft","timestamp":"2026-05-04T10:00:00Z"},"subject":%s,"customData":%s}`, spec, kind, subject, custom)
	e := receive(t, post("application/json", body))[0]
	if e.Err != nil {
		t.Fatalf("%s: %v", kind, e.Err)
	}
	return e.Batch.Descriptions
}

const imagePURL = "pkg:oci/fraud@sha256%3A0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427?repository_url=ghcr.io/acme"

var imageKey = "sha256:0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427"

func TestAnArtifactThatIsAnImageLeadsToItsCode(t *testing.T) {
	for _, version := range []string{"0.4.1", "0.5.1", "0.6.0-draft"} {
		d := cd(t, "artifact.published", version, `{"id":"`+imagePURL+`","content":{"sbom":{"uri":"https://sbom.acme.test/1"}}}`,
			`{"commit":{"repository":"github.com/acme/fraud","sha":"3f786850e387550fdab836ed7e6dc881de23001b"},"pipeline_run":"b-7"}`)[0]
		if d.Ref.Key != imageKey || d.Facts["name.ghcr.io/acme/fraud"] != true || d.Facts["sbom"] != "https://sbom.acme.test/1" || len(d.Links) != 2 {
			t.Errorf("%s: %+v", version, d)
		}
	}
	if d := cd(t, "artifact.deleted", "0.5.1", `{"id":"`+imagePURL+`","content":{}}`, "null")[0]; d.Facts["deleted_at"] == nil || d.State != "" {
		t.Errorf("%+v", d)
	}
	d := cd(t, "artifact.packaged", "0.5.1", `{"id":"pkg:mlmodel/fraud@7","content":{}}`, "null")[0]
	if d.Ref.Kind != models.ModelVersion || d.Ref.Key != "fraud/7" || d.State != models.Registered {
		t.Errorf("%+v", d)
	}
	if d := cd(t, "artifact.published", "0.5.1", `{"id":"pkg:npm/left-pad@1.0.0","content":{}}`, "null"); len(d) != 0 {
		t.Errorf("%+v", d)
	}
}

func TestTestsAreAPipelineRunAndACheckOfTheModel(t *testing.T) {
	found := cd(t, "testsuiterun.finished", "0.5.1", `{"id":"s1","content":{"outcome":"failure","reason":"AUC below 0.9","severity":"critical","testSuite":{"id":"9","name":"acceptance"}}}`, `{"model":"fraud","version":"7"}`)
	if len(found) != 2 || found[0].Ref.Key != "test/s1" || found[0].State != models.Failed || found[0].Facts[models.FactError] != "AUC below 0.9" || found[0].Facts["pipeline"] != "acceptance" {
		t.Fatalf("%+v", found)
	}
	if q := found[1].Quality; found[1].Ref.Key != "fraud/7" || len(q) != 1 || q[0].Name != "acceptance" || q[0].State != models.Failed || q[0].Run != "test/s1" {
		t.Errorf("%+v", found[1])
	}
	step := cd(t, "testcaserun.finished", "0.4.1", `{"id":"c1","content":{"outcome":"pass","testCase":{"id":"1","name":"login"},"testSuiteRun":{"id":"s1"}}}`, "null")[0]
	if s, ok := step.Facts["step.login"].(models.Step); !ok || step.Ref.Key != "test/s1" || s.State != models.Passed || s.Ended == "" {
		t.Errorf("%+v", step)
	}
	if alone := cd(t, "testcaserun.skipped", "0.5.1", `{"id":"c2","content":{"reason":"not here","testCase":{"id":"1"}}}`, "null")[0]; alone.State != models.Skipped || alone.Ref.Key != "test/c2" {
		t.Errorf("%+v", alone)
	}
}

func TestAnIncidentIsABreach(t *testing.T) {
	content := `"environment":{"id":"production"},"service":{"id":"scoring"},"artifactId":"` + imagePURL + `"`
	open := cd(t, "incident.detected", "0.5.1", `{"id":"i-1","content":{"description":"Slow answers",`+content+`}}`, `{"metric":"p95","value":"200ms","threshold":"100ms","model":"fraud","version":"7"}`)[0]
	over := cd(t, "incident.resolved", "0.5.1", `{"id":"i-1","content":{"description":"Fast again",`+content+`}}`, "null")[0]
	if open.Ref != over.Ref || open.Ref.Kind != models.Breach || open.State != models.Open || over.State != models.Recovered {
		t.Errorf("%+v\n%+v", open, over)
	}
	if open.Title != "Slow answers" || over.Title != "" || open.Facts["environment"] != "production" || open.Facts["metric"] != "p95" || len(open.Links) != 2 || len(over.Links) != 1 {
		t.Errorf("%+v\n%+v", open, over)
	}
}

func TestPlacesComeAndGo(t *testing.T) {
	d := cd(t, "environment.deleted", "0.5.1", `{"id":"staging","content":{"name":"Staging"}}`, "null")[0]
	if d.Ref.Kind != models.Environment || d.Facts["deleted_at"] == nil {
		t.Errorf("%+v", d)
	}
	d = cd(t, "repository.created", "0.4.1", `{"id":"x","content":{"name":"fraud","owner":"acme","url":"https://github.com/acme/fraud.git"}}`, "null")[0]
	if d.Ref.Key != "github.com/acme/fraud" || d.Title != "acme/fraud" {
		t.Errorf("%+v", d)
	}
	d = cd(t, "branch.deleted", "0.5.1", `{"id":"fast","content":{"repository":{"id":"acme/fraud","source":"https://github.com"}}}`, "null")[0]
	if there, said := d.Facts["branch.fast"]; d.Ref.Key != "github.com/acme/fraud" || !said || there != nil {
		t.Errorf("%+v", d)
	}
}

func TestAServiceMayNameNothingButItsImage(t *testing.T) {
	d := cd(t, "service.deployed", "0.5.1", `{"id":"scoring","content":{"environment":{"id":"production"},"artifactId":"`+imagePURL+`"}}`, "null")[0]
	if d.Ref.Key != "scoring@production" || d.State != models.Live || len(d.Links) != 1 || d.Links[0].To.Key != imageKey {
		t.Errorf("%+v", d)
	}
}
