package tfx

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"throughline/models"
)

// Examples and system.Dataset are data. A version's key is the folder that all
// versions of the node's output stand in, with the fingerprint of what went in,
// else the version's own address.
func isData(a artifact) bool { return a.Type == "Examples" || a.Type == "system.Dataset" }

// datasetOf is the key of the dataset: s3://bucket/pipelines/p/CsvExampleGen/examples.
func datasetOf(a artifact) string {
	uri := strings.TrimRight(clean(a.URI, 700), "/")
	if i := strings.LastIndexByte(uri, '/'); i > 0 && isNumber(uri[i+1:]) {
		uri = uri[:i] // the execution's id
	}
	if uri == "" {
		return ""
	}
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok {
		return models.DatasetKey("file", uri)
	}
	if !strings.Contains(strings.Trim(rest, "/"), "/") {
		return models.DatasetKey(scheme+"://"+strings.Trim(rest, "/"), "data")
	}
	return scheme + "://" + rest
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func digestOf(a artifact) string {
	digest := strings.ReplaceAll(orElse(a.text("input_fingerprint"), clean(a.URI, 700)), "@", "%40")
	if len(digest) > 200 {
		sum := sha256.Sum256([]byte(digest))
		digest = "sha256:" + hex.EncodeToString(sum[:])
	}
	return digest
}

func versionOf(a artifact) (models.Ref, bool) {
	key := datasetOf(a)
	if !isData(a) || key == "" {
		return models.Ref{}, false
	}
	return models.Ref{Kind: models.DatasetVersion, Key: key + "@" + digestOf(a)}, true
}

// flow links the run to the data that it made, and to what it read that it did not
// make. What a cached step hands on was made by an earlier run.
func (r *run) flow() (links []models.LinkTo) {
	wrote, read := map[models.Ref]bool{}, map[models.Ref]bool{}
	for _, e := range r.events {
		ref, ok := versionOf(r.artifacts[e.Artifact])
		switch {
		case !ok:
		case e.out() && r.byID[e.Execution].State == stateComplete:
			wrote[ref] = true
		case e.in(), e.out() && r.byID[e.Execution].State == stateCached:
			read[ref] = true
		}
	}
	for _, ref := range sorted(wrote) {
		links = append(links, models.LinkTo{Relation: models.Writes, To: ref})
	}
	for _, ref := range sorted(read) {
		if !wrote[ref] {
			links = append(links, models.LinkTo{Relation: models.Reads, To: ref})
		}
	}
	return links
}

func sorted(set map[models.Ref]bool) []models.Ref {
	return slices.SortedFunc(maps.Keys(set), func(a, b models.Ref) int { return strings.Compare(a.Key, b.Key) })
}

// data are the versions of data that the run made, with what its statistics,
// schema and anomalies say of them. Those of a cached step were told with the run
// that made them.
func (r *run) data() (out []models.Description) {
	for _, id := range slices.Sorted(maps.Keys(r.artifacts)) {
		a := r.artifacts[id]
		ref, ok := versionOf(a)
		maker, made := r.maker(id)
		if !ok || !made {
			continue
		}
		d := models.Description{Ref: ref, At: millis(max(a.Updated, a.Created)), State: models.Fresh, Facts: map[string]any{"uri": clean(a.URI, 2000), "artifact_id": a.ID}}
		for _, name := range []string{"span", "version", "split_names", "file_format", "payload_format", "tfx_version", "input_fingerprint"} {
			if v := a.text(name); v != "" {
				d.Facts[name] = v
			}
		}
		if base := maker.text("input_base"); base != "" {
			d.Facts["source"] = base
		}
		for _, from := range r.inputs(maker.ID) {
			if to, ok := versionOf(from); ok && to != ref {
				d.Links = append(d.Links, models.LinkTo{Relation: models.DerivedFrom, To: to})
			}
		}
		out = append(out, d)
	}
	return append(out, r.judged()...)
}

// maker is the execution of this run that made an artifact, not from its cache.
func (r *run) maker(id int64) (execution, bool) {
	for _, e := range r.events {
		if e.Artifact == id && e.out() && r.byID[e.Execution].State == stateComplete {
			return r.byID[e.Execution], true
		}
	}
	return execution{}, false
}

// inputs are the artifacts that an execution read.
func (r *run) inputs(execution int64) (out []artifact) {
	for _, e := range r.events {
		if e.Execution == execution && e.in() {
			out = append(out, r.artifacts[e.Artifact])
		}
	}
	return out
}

// judged is what statistics, schema and anomalies of this run say of examples:
// where they are, and for each split whether it is as the schema says.
func (r *run) judged() (out []models.Description) {
	for _, id := range slices.Sorted(maps.Keys(r.artifacts)) {
		a := r.artifacts[id]
		fact, known := map[string]string{"ExampleStatistics": "statistics_uri", "Schema": "schema_uri", "ExampleAnomalies": "anomalies_uri"}[a.Type]
		maker, made := r.maker(id)
		if !known || !made {
			continue
		}
		for _, examples := range r.behind(maker.ID, 3) {
			ref, _ := versionOf(examples)
			d := models.Description{Ref: ref, At: millis(max(a.Updated, a.Created)), Facts: map[string]any{fact: clean(a.URI, 2000)}}
			if a.Type == "ExampleAnomalies" {
				d.Quality = r.anomalies(a)
			}
			out = append(out, d)
		}
	}
	return out
}

// behind are the examples that an execution's inputs were made from.
func (r *run) behind(execution int64, depth int) (out []artifact) {
	for _, in := range r.inputs(execution) {
		if _, ok := versionOf(in); ok {
			out = append(out, in)
			continue
		}
		for _, e := range r.events {
			if depth > 0 && e.out() && e.Artifact == in.ID && in.Type == "ExampleStatistics" {
				out = append(out, r.behind(e.Execution, depth-1)...)
			}
		}
	}
	return out
}

// anomalies are the results of ExampleValidator, split by split.
func (r *run) anomalies(a artifact) (out []models.QualityResult) {
	splits, ok := a.Properties["blessed"].(map[string]any)
	if !ok {
		return []models.QualityResult{{Name: "anomalies", State: models.Unknown, Message: "See " + clean(a.URI, 500), Run: r.key()}}
	}
	for _, split := range slices.Sorted(maps.Keys(splits)) {
		q := models.QualityResult{Name: "anomalies of " + clean(split, 100), State: models.Unknown, Run: r.key()}
		if fine, known := truth(splits[split]); known && fine {
			q.State = models.Passed
		} else if known {
			q.State, q.Message = models.Failed, fmt.Sprintf("Data of the split %s differ from the schema: %s", clean(split, 100), clean(a.URI, 500))
		}
		out = append(out, q)
	}
	return out
}
