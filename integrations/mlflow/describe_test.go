package mlflow

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"throughline/models"
)

var update = flag.Bool("update", false, "write the golden batches anew")

// TestAnswersGiveGoldenBatches replays testdata/NAME.json, answers by path, and
// compares the batch with testdata/NAME.golden.json.
func TestAnswersGiveGoldenBatches(t *testing.T) {
	for _, name := range []string{"whole", "hostile"} {
		t.Run(name, func(t *testing.T) {
			batch := replay(t, name)
			got, err := json.MarshalIndent(batch.Descriptions, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".golden.json")
			if *update {
				os.WriteFile(golden, append(got, '\n'), 0o644)
			}
			want, _ := os.ReadFile(golden)
			if !bytes.Equal(append(got, '\n'), want) {
				t.Errorf("the batch differs from %s (run with -update and look at the difference):\n%s", golden, got)
			}
		})
	}
}

func replay(t *testing.T, name string) models.Batch {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var answers map[string]json.RawMessage
	if err := json.Unmarshal(file, &answers); err != nil {
		t.Fatal(err)
	}
	l := newLookalike(t)
	l.answer = func(w http.ResponseWriter, r *http.Request) {
		w.Write(answers[strings.TrimPrefix(r.URL.Path, "/api/2.0/mlflow/")])
	}
	p := follow(l, "repository", "acme/default")
	p.source.Now = func() time.Time { return time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC) }
	batch, _, err := p.source.Poll(t.Context(), p.account, "")
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range batch.Descriptions {
		batch.Descriptions[i].URL = strings.Replace(d.URL, l.URL, "http://mlflow", 1)
	}
	return batch
}

func TestDatasetsLieInReadableNamespaces(t *testing.T) {
	for _, c := range []struct{ kind, source, want, place string }{
		{"s3", `{"uri": "s3://Bucket/a/b.csv"}`, "s3://bucket", "s3://Bucket/a/b.csv"},
		{"gs", `{"uri": "gs://b/x"}`, "gs://b", "gs://b/x"},
		{"http", `{"url": "https://user:pw@data.example/x.csv?sig=s3cr3t"}`, "https://data.example", "https://data.example/x.csv"},
		{"local", `{"uri": "/home/ann/x.csv"}`, "mlflow", "/home/ann/x.csv"},
		{"local", `{"uri": "file:///home/ann/x.csv"}`, "mlflow", "file:///home/ann/x.csv"},
		{"hugging_face", `{"path": "org/set"}`, "hugging_face", "org/set"},
		{"code", `{"tags": {"mlflow.user": "ann"}}`, "mlflow", ""},
		{"delta_table", `{"path": "dbfs:/x"}`, "mlflow", "dbfs:/x"},
		{"s3", `s3://bare/x`, "s3://bare", "s3://bare/x"},
		{"", `[1]`, "mlflow", "[1]"},
	} {
		var in input
		in.Dataset.SourceType, in.Dataset.Source = text(c.kind), text(c.source)
		if namespace, place := placeOf(in); namespace != c.want || place != c.place {
			t.Errorf("%s %s: %q, %q", c.kind, c.source, namespace, place)
		}
	}
}

func TestTheContextDecidesTheRole(t *testing.T) {
	for context, want := range map[string]models.Relation{"training": models.TrainedOn, "": models.TrainedOn, "whatever": models.TrainedOn,
		"Evaluation": models.EvaluatedOn, "eval": models.EvaluatedOn, "validation": models.EvaluatedOn, "test": models.EvaluatedOn} {
		if got := role([]tag{{Key: "mlflow.data.context", Value: text(context)}}); got != want {
			t.Errorf("%q: %s", context, got)
		}
	}
}

func TestTheCommitIsLinkedWhereItsRepositoryIsKnown(t *testing.T) {
	const sha = "3f786850e387550fdab836ed7e6dc881de23001b"
	for _, c := range []struct{ name, repository, tags, want string }{
		{"its tag", "", `[{"key":"mlflow.source.git.repoURL","value":"git@github.com:a/b.git"}]`, "github.com/a/b@" + sha},
		{"the account's", "gitlab.com/a/b", `[]`, "gitlab.com/a/b@" + sha},
		{"the tag before the account's", "x/y", `[{"key":"mlflow.source.git.repoURL","value":"https://github.com/a/b"}]`, "github.com/a/b@" + sha},
		{"a project", "", `[{"key":"mlflow.source.type","value":"PROJECT"},{"key":"mlflow.source.name","value":"https://github.com/a/b#sub"}]`, "github.com/a/b@" + sha},
		{"a script is no repository", "", `[{"key":"mlflow.source.type","value":"LOCAL"},{"key":"mlflow.source.name","value":"a/train.py"}]`, ""},
		{"unknown", "", `[]`, ""},
	} {
		var tags list[tag]
		json.Unmarshal([]byte(c.tags), &tags)
		r := &reading{server: &server{}}
		r.account.Settings = map[string]string{"repository": c.repository}
		d := models.Description{Facts: map[string]any{}}
		r.linkCode(&d, append(tags, tag{Key: "mlflow.source.git.commit", Value: sha}))
		got := ""
		if len(d.Links) > 0 {
			got = d.Links[0].To.Key
		}
		if hint := d.Facts["commit_hint"]; got != c.want || (hint == sha) != (c.want == "") {
			t.Errorf("%s: linked %q, hint %v", c.name, got, hint)
		}
	}
}

func TestOneRunIsBounded(t *testing.T) {
	var u run
	u.Info.ID = "r"
	for i := range 5000 {
		u.Data.Metrics = append(u.Data.Metrics, metric{Key: text(fmt.Sprint(i))})
		u.Data.Tags = append(u.Data.Tags, tag{Key: text(fmt.Sprint(i)), Value: text(strings.Repeat("é", 9000))})
		var in input
		in.Dataset.Name, in.Dataset.Digest = text(fmt.Sprint(i)), "d"
		u.Inputs.Datasets = append(u.Inputs.Datasets, in)
	}
	r := &reading{server: &server{}}
	r.base = mustParse(t, "http://m")
	ds := r.describeRun(u)
	if len(ds) != 1+mostDatasets || len(ds[0].Facts) > 2*mostFacts+20 || len(ds[0].Facts["tag.0"].(string)) > factLimit {
		t.Errorf("%d descriptions, %d facts", len(ds), len(ds[0].Facts))
	}
}
