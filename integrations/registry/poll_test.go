package registry

import (
	"context"
	"errors"
	"strings"
	"testing"

	"throughline/integrations"
	"throughline/integrations/promises"
	"throughline/models"
)

const sha = "3f786850e387550fdab836ed7e6dc881de23001b"

var fromCode = object{oci + "revision": sha, oci + "source": "https://github.com/acme/fraud", oci + "version": "1.4.2"}

// polled is what a source tells until there is no more.
func polled(t *testing.T, s *Source, a integrations.Account, cursor string) (all map[string]models.Description, batch models.Batch) {
	t.Helper()
	all = map[string]models.Description{}
	for more, err := true, error(nil); more; {
		batch, more, err = s.Poll(context.Background(), a, cursor)
		if err != nil {
			t.Fatal(err)
		}
		if err := promises.Sound(batch); err != nil {
			t.Error(err)
		}
		for _, d := range batch.Descriptions {
			all[string(d.Ref.Kind)+" "+d.Ref.Key] = d
		}
		cursor = batch.Cursor
	}
	return all, batch
}

func commitOf(d models.Description) string {
	for _, l := range d.Links {
		if l.Relation == models.BuiltFrom {
			return l.To.Key
		}
	}
	return ""
}

func TestAnImageLeadsToItsCommit(t *testing.T) {
	l := newLookalike(t)
	digest := l.tag("acme/fraud", "1.4.2", l.image("amd64", fromCode, nil))
	all, _ := polled(t, source(), l.account(), "")
	d := all["image "+digest]
	if commitOf(d) != "github.com/acme/fraud@"+sha || d.Title != "acme/fraud:1.4.2" || d.Facts["platform"] != "linux/amd64" || d.Facts["created"] != "2026-05-04T10:00:00Z" {
		t.Errorf("%+v", d)
	}
	if d.Facts["tag."+l.host()+"/acme/fraud:1.4.2"] != true || d.Facts["name."+l.host()+"/acme/fraud"] != true || d.Facts["bytes"].(int64) < 1000 {
		t.Errorf("%+v", d.Facts)
	}
}

func TestTheIndexIsBelievedBeforeTheManifestBeforeTheLabels(t *testing.T) {
	l := newLookalike(t)
	other := strings.Repeat("b", 40)
	amd := l.image("amd64", object{oci + "revision": other, oci + "source": "https://github.com/acme/labels"}, object{oci + "source": "https://github.com/acme/manifest"})
	amd["platform"] = object{"os": "linux", "architecture": "amd64"}
	arm := l.image("arm64", nil, nil)
	arm["platform"] = object{"os": "linux", "architecture": "arm64", "variant": "v8"}
	attestation := l.image("unknown", object{oci + "revision": strings.Repeat("c", 40)}, nil)
	attestation["platform"] = object{"os": "unknown", "architecture": "unknown"}
	missing := object{"mediaType": imageType, "digest": "sha256:" + strings.Repeat("1", 64), "size": 5}
	digest := l.tag("acme/fraud", "multi", l.put(indexType, object{"schemaVersion": 2, "manifests": []any{attestation, amd, arm, missing}, "annotations": object{oci + "revision": sha}}))
	all, _ := polled(t, source(), l.account(), "")
	for name, key := range map[string]any{"index": digest, "amd": amd["digest"]} {
		if got := commitOf(all["image "+key.(string)]); got != "github.com/acme/manifest@"+sha {
			t.Errorf("%s is built from %s", name, got)
		}
	}
	if index := all["image "+digest]; index.Facts["platforms"] != "linux/amd64, linux/arm64/v8" || len(all) != 3 {
		t.Errorf("%d %+v", len(all), index)
	}
	if d := all["image "+arm["digest"].(string)]; d.Facts[models.FactHeadSHA] != sha || d.Facts["index."+digest] != true {
		t.Errorf("%+v", d)
	}
}

func TestATagThatMovesLeavesTheImageThatHadIt(t *testing.T) {
	l, s := newLookalike(t), source()
	tag := "tag." + l.host() + "/acme/fraud:prod"
	first := l.tag("acme/fraud", "prod", l.image("amd64", fromCode, nil))
	_, batch := polled(t, s, l.account(), "")
	second := l.tag("acme/fraud", "prod", l.image("amd64", object{oci + "revision": strings.Repeat("d", 40)}, nil))
	all, batch := polled(t, s, l.account(), batch.Cursor)
	if had, has := all["image "+first], all["image "+second]; had.Facts[tag] != nil || len(had.Facts) != 1 || has.Facts[tag] != true {
		t.Errorf("%+v\n%+v", had, has)
	}
	delete(l.tags["acme/fraud"], "prod")
	all, batch = polled(t, s, l.account(), batch.Cursor)
	if d, told := all["image "+second]; !told || d.Facts[tag] != nil {
		t.Errorf("%+v", d)
	}
	if all, _ = polled(t, s, l.account(), batch.Cursor); len(all) != 0 {
		t.Errorf("a quiet round tells %v", all)
	}
}

func TestAnImageUnderTwoTagsIsReadOnce(t *testing.T) {
	l, s := newLookalike(t), source()
	image := l.image("amd64", fromCode, nil)
	digest := l.tag("acme/fraud", "1.4.2", image)
	for _, tag := range []string{"1.4", "1", "latest", "sha256-" + strings.Repeat("a", 64) + ".sig"} {
		l.tag("acme/fraud", tag, image)
	}
	_, batch := polled(t, s, l.account(), "")
	read := 0
	for _, call := range l.asked {
		if call == "GET /v2/acme/fraud/manifests/"+digest {
			read++
		}
	}
	if read != 1 || strings.Contains(strings.Join(l.asked, " "), ".sig") {
		t.Errorf("read %d times: %v", read, l.asked)
	}
	l.asked = nil
	polled(t, s, l.account(), batch.Cursor)
	for _, call := range l.asked {
		if strings.HasPrefix(call, "GET") && strings.Contains(call, "manifests") {
			t.Errorf("a quiet round pulls: %s", call)
		}
	}
}

func TestAForgedManifestIsNotBelieved(t *testing.T) {
	l := newLookalike(t)
	digest := l.tag("acme/fraud", "1.4.2", l.image("amd64", nil, nil))
	l.forged[digest] = []byte(strings.Replace(string(l.content[digest]), `"size":1000`, `"size":9999`, 1))
	good := l.tag("acme/other", "1", l.image("amd64", fromCode, nil))
	all, batch := polled(t, source(), l.account(), "")
	if d := all["image "+digest]; len(d.Links) != 0 || d.Facts["bytes"] != nil || !strings.Contains(batch.Problem, "acme/fraud:1.4.2 cannot be read") {
		t.Errorf("%q %+v", batch.Problem, d)
	}
	if commitOf(all["image "+good]) == "" {
		t.Error("one broken image stops the others")
	}
}

func TestAnImageThatSaysWhatItPacks(t *testing.T) {
	l := newLookalike(t)
	digest := l.tag("acme/fraud", "3", l.image("amd64", object{modelLabel: "fraud", versionLabel: "3"}, nil))
	all, _ := polled(t, source(), l.account("repository", "github.com/acme/fraud"), "")
	if v := all["model_version fraud/3"]; len(v.Links) != 1 || v.Links[0].To.Key != digest {
		t.Errorf("%+v", all)
	}
}

func TestRepositoriesAreNamedOrListed(t *testing.T) {
	l := newLookalike(t)
	for _, name := range []string{"acme/fraud", "acme/churn", "library/alpine"} {
		l.tag(name, "1", l.image("amd64", object{"of": name}, nil))
	}
	for setting, want := range map[string]int{"": 3, "acme/*": 2, "acme/fraud": 1, "acme/fraud, library/alpine": 2, "acme/gone": 0} {
		if all, _ := polled(t, source(), l.account("repositories", setting), ""); len(all) != want {
			t.Errorf("%q: %d", setting, len(all))
		}
	}
	l.catalogue = false
	if _, _, err := source().Poll(context.Background(), l.account("repositories", "acme/*"), ""); err == nil || !strings.Contains(err.Error(), "Name them") {
		t.Error(err)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	l, ctx := newLookalike(t), context.Background()
	for words, change := range map[string]func(a integrations.Account){"user name and the password (401)": func(a integrations.Account) { a.Settings["password"] = "wrong" },
		"has no path": func(a integrations.Account) { a.Settings["url"] += "/acme" }, "no repository of code": func(a integrations.Account) { a.Settings["repository"] = "x" }} {
		a := l.account()
		change(a)
		if err := source().Check(ctx, a); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", words, err)
		}
	}
	if err := source().Check(ctx, l.account()); err != nil {
		t.Error(err)
	}
	l.tag("acme/fraud", "1", l.image("amd64", nil, nil))
	found, err := source().Probe(ctx, l.account())
	if err != nil || len(found) != 2 || !found[0].OK || !found[1].OK {
		t.Errorf("%+v %v", found, err)
	}
	var wish *integrations.RetryAfter
	l.status = 429
	if _, _, err := source().Poll(ctx, l.account(), ""); !errors.As(err, &wish) {
		t.Error(err)
	}
}
