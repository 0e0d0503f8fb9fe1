package modelcard

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throughline/integrations"
	"throughline/integrations/promises"
	"throughline/models"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func post(media, query, body string) integrations.Request {
	values, err := url.ParseQuery(query)
	if err != nil {
		panic(err)
	}
	return integrations.Request{Header: http.Header{"Content-Type": {media}}, Query: values, Body: []byte(body), Now: noon}
}

const small = "---\nlicense: mit\nmodel_name: churn\n---\n# Churn\n"

func cases() promises.Cases {
	return promises.Cases{Valid: map[string]integrations.Request{
		"text":       post("text/markdown; charset=utf-8", "model=acme/churn&version=3&at=2026-05-04T10:00:00%2B02:00", small),
		"text alone": post("text/markdown", "", small),
		"JSON":       post("application/json", "", `{"model":"churn","version":3,"markdown":"---\nlicense: mit\ndatasets: [beans]\n---\n# x","at":"2026-05-04T10:00:00Z"}`),
		"broken":     post("text/markdown", "model=churn", "---\nlicense: [mit\n---\n# x\n"),
	}}
}

func TestKeepsThePromises(t *testing.T) { promises.Keep(t, New(), cases()) }

func FuzzReceive(f *testing.F) {
	c := cases()
	promises.Fuzz(f, New(), integrations.Account{}, c.Valid["text"], c.Valid["JSON"],
		post("text/markdown", "model=m", rich), post("text/markdown", "model=m", "---\na: &a [1]\nlanguage: *a\n<<: {x: y}\n? b\n: c\n---\n"))
}

const rich = `---
# what it is
language: [en, no]
license: no
library_name: timm
pipeline_tag: image-classification
tags:
- pytorch
- 2024
datasets:
- beans
- lake/images
- null
metrics: accuracy
base_model: &base [org/small, org/large]
base_model_relation: merge
co2_eq_emissions:
  emissions: 149.5
  source: CodeCarbon
thumbnail: {deep: [1, 2]}
model-index:
- name: leaves
  results:
  - task: {type: image-classification, name: Image Classification}
    dataset: {type: beans, name: Beans, split: test, args: conll2003}
    metrics:
    - {type: accuracy, value: 0.9}
    - {type: accuracy, value: 0.8, name: baseline}
    - {type: f1, value: "20.0 ± 1.2"}
    - {type: loss, value: 1e-5}
    - {type: nested, value: {a: 1}}
    - {type: hopeless, value: .nan}
  - task: {type: image-classification}
    dataset: {type: beans}
    metrics:
    - type: accuracy
      value: 1
    - type: accuracy
      value: true
---
# Leaves

Text with ---
`

func TestReadsTheFrontMatter(t *testing.T) {
	got, err := New().ReadCard("", rich, noon)
	if err != nil {
		t.Fatal(err)
	}
	dataset := func(key string) models.LinkTo {
		return models.LinkTo{Relation: models.Mentions, To: models.Ref{Kind: models.Dataset, Key: key}}
	}
	base := func(key string) models.LinkTo {
		return models.LinkTo{Relation: models.DerivedFrom, To: models.Ref{Kind: models.Model, Key: key}}
	}
	want := models.Batch{
		Cards: []models.CardText{{Model: "leaves", Markdown: rich, At: noon}},
		Descriptions: []models.Description{{Ref: models.Ref{Kind: models.Model, Key: "leaves"}, At: noon,
			Facts: map[string]any{
				"language": []string{"en", "no"}, "license": "no", "library": "timm", "pipeline_tag": "image-classification",
				"tags": []string{"pytorch", "2024"}, "metrics": []string{"accuracy"}, "base_model": []string{"org/small", "org/large"},
				"base_model_relation": "merge", "co2": 149.5,
				"result.image-classification/beans/accuracy":        0.9,
				"result.image-classification/beans/accuracy (test)": 0.8,
				"result.image-classification/beans/f1":              "20.0 ± 1.2",
				"result.image-classification/beans/loss":            1e-5,
				"result.image-classification/beans/hopeless":        ".nan",
				"result.image-classification/beans/accuracy (2)":    uint64(1),
				"result.image-classification/beans/accuracy (3)":    true,
			},
			Links: []models.LinkTo{base("org/small"), base("org/large"), dataset("huggingface.co/beans"), dataset("lake/images")},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheNameGivenWins(t *testing.T) {
	for _, test := range []struct{ given, text, want string }{
		{"acme/churn", small, "acme/churn"}, {"", small, "churn"},
		{"", "---\nmodel-index:\n- name: first\n- name: second\n---\n", "first"},
	} {
		b, err := New().ReadCard(test.given, test.text, noon)
		if err != nil || b.Cards[0].Model != test.want {
			t.Errorf("%+v: %+v, %v", test, b.Cards, err)
		}
		for _, d := range b.Descriptions {
			if d.Ref.Key != test.want {
				t.Errorf("facts go to %s, the card to %s", d.Ref.Key, test.want)
			}
		}
	}
}

func TestBrokenFrontMatterIsAProblemAndTheTextIsKept(t *testing.T) {
	tests := []struct {
		name, text string
		line       int
		says       string
	}{
		{"an open bracket", "---\nlicense: mit\ntags: [a, b\n---\n# x\n", 3, "not valid YAML"},
		{"an open quote", "---\nlicense: \"mit\n---\n# x\n", 2, "not valid YAML"},
		{"a tab", "---\nlicense:\n\t- mit\n---\n", 3, "not valid YAML"},
		{"a key twice", "\n\n---\nlicense: mit\ntags: [a]\nlicense: apache\n---\n", 6, "already defined"},
		{"a list", "---\n- a\n- b\n---\n", 2, "mapping"},
		{"plain text", "---\nhello world\n---\n", 2, "mapping"},
		{"Windows line breaks", "---\r\nlicense: mit\r\ntags: {a\r\n---\r\n", 3, "not valid YAML"},
		{"a placeholder", "---\n{{card_data}}\n---\n", 2, "front matter"},
		{"no end", "---\nlicense: mit\n\n# Title\n", 1, "never ends"},
		{"a license that is a mapping", "---\ntags: [a]\nlicense:\n  name: mit\n---\n", 4, "license must be"},
		{"a model-index that is text", "---\nmodel-index: x\n---\n", 2, "model-index must be"},
		{"results that are text", "---\nmodel-index:\n- name: a\n  results:\n  - none\n---\n", 5, "A result must be"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, err := New().ReadCard("m", test.text, noon)
			if err != nil {
				t.Fatal(err)
			}
			p := b.Cards[0].Problems
			if len(p) != 1 || p[0].Line != test.line || !strings.Contains(p[0].Message, test.says) {
				t.Errorf("problems: %+v", p)
			}
			if b.Cards[0].Markdown != test.text {
				t.Error("the text was changed")
			}
			if strings.Contains(test.says, "YAML") && len(b.Descriptions) > 0 {
				t.Errorf("facts were read: %+v", b.Descriptions)
			}
		})
	}
}

func TestWhatIsNotFrontMatterIsText(t *testing.T) {
	for _, text := range []string{"# Title\n", "Text\n---\nlicense: mit\n---\n", "---\n\nA rule above.\n", "----\na: b\n----\n", "---\n---\n", "---\n# only a comment\n---\nx", "---\n\n---\nx"} {
		b, err := New().ReadCard("m", text, noon)
		if err != nil || len(b.Descriptions) > 0 || len(b.Cards[0].Problems) > 0 {
			t.Errorf("%q: %+v, %v", text, b, err)
		}
	}
}

func TestBombsAreRefusedAtOnce(t *testing.T) {
	laughs := "a0: &a0 [lol, lol, lol]\n"
	for i := 1; i < 12; i++ {
		laughs += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9))
	}
	var deep, keys strings.Builder
	for i := range 300 {
		deep.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	for i := range 10_500 {
		fmt.Fprintf(&keys, "%x:\n", i)
	}
	honest := readingTime(t, "tags:\n"+strings.Repeat("- a value of a list\n", 500), "")
	for name, yaml := range map[string]string{
		"billion laughs": laughs, "deep block": deep.String(), "too many keys": keys.String(),
		"too long":         "a: " + strings.Repeat("x", 70<<10),
		"deep brackets":    strings.Repeat("[", 20_000),
		"deep braces":      strings.Repeat("{a: ", 10_000),
		"deep dashes":      strings.Repeat("- ", 20_000),
		"deep questions":   strings.Repeat("? ", 20_000),
		"open brackets":    strings.Repeat("key: [\n", 8_000),
		"tags on tags":     strings.Repeat("!!x ", 10_000),
		"a wall of values": strings.Repeat("- a\n", 15_000),
		"quotes and tabs":  strings.Repeat("\"\t\t", 20_000),
		"blank lines":      "a: |" + strings.Repeat("\r", 60_000),
		"anchors":          strings.Repeat("- &a x\n", 5_000),
	} {
		t.Run(name, func(t *testing.T) {
			took := readingTime(t, yaml, models.Unprocessed)
			if took > 60*honest { // what is not refused at once takes thousands
				t.Errorf("refusing it takes %.0f times as long as reading honest front matter", float64(took)/float64(honest))
			}
		})
	}
}

// readingTime is the quickest of five readings: the machine may be busy with others.
func readingTime(t *testing.T, yaml string, want models.Code) time.Duration {
	t.Helper()
	quickest := time.Hour
	for range 5 {
		start := time.Now()
		_, err := New().ReadCard("m", "---\n"+yaml+"\n---\n# x\n", noon)
		quickest = min(quickest, time.Since(start))
		if got := models.CodeOf(err); err != nil && got != want || err == nil && want != "" {
			t.Fatalf("the error is %v", err)
		}
	}
	return quickest
}

func TestAFewAliasesAreFine(t *testing.T) {
	b, err := New().ReadCard("m", "---\ntags: &t [a, b]\nlanguage: *t\nlicense: *gone\nmetrics: &loop [*loop]\n---\n", noon)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Descriptions[0].Facts["language"]; !cmp.Equal(got, []string{"a", "b"}) {
		t.Errorf("language is %v", got)
	}
}

func TestRefusesWhatIsNoCard(t *testing.T) {
	tests := []struct {
		name string
		r    integrations.Request
		code models.Code
	}{
		{"no media type", post("", "model=m", "# x"), models.Unsupported},
		{"YAML", post("application/yaml", "model=m", "a: b"), models.Unsupported},
		{"another character set", post("text/markdown; charset=latin1", "model=m", "# x"), models.Unsupported},
		{"no name anywhere", post("text/markdown", "", "# x"), models.Invalid},
		{"a name with a line break", post("text/markdown", "model=a%0Ab", "# x"), models.Invalid},
		{"a name too long", post("text/markdown", "model="+strings.Repeat("a", 501), "# x"), models.Invalid},
		{"a version with a slash", post("text/markdown", "model=m&version=a/b", "# x"), models.Invalid},
		{"a time that is none", post("text/markdown", "model=m&at=noon", "# x"), models.Invalid},
		{"no text", post("text/markdown", "model=m", " \n"), models.Invalid},
		{"bytes that are no text", post("text/markdown", "model=m", "ab\xff"), models.Invalid},
		{"JSON without a text", post("application/json", "", `{"model":"m"}`), models.Invalid},
		{"JSON that is a list", post("application/json", "", `[]`), models.Invalid},
		{"a year before ours", post("application/json", "", `{"model":"m","markdown":"x","at":"1066-01-01T00:00:00Z"}`), models.Invalid},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			events, err := New().Receive(context.Background(), integrations.Account{}, test.r)
			if models.CodeOf(err) != test.code {
				t.Errorf("%+v, %v", events, err)
			}
		})
	}
}

func TestAHeaderMayNameTheModel(t *testing.T) {
	r := post("text/markdown", "", "# x")
	r.Header.Set("X-Model", "churn")
	events, err := New().Receive(context.Background(), integrations.Account{}, r)
	if err != nil || events[0].Batch.Cards[0].Model != "churn" || !events[0].Batch.Cards[0].At.Equal(noon) {
		t.Errorf("%+v, %v", events, err)
	}
}
