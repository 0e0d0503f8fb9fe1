// Package models holds Throughline's words and rules: subjects, links, batches,
// gaps, boards, roles. It knows no database, no HTTP and no upstream system.
package models

import (
	"net/url"
	"slices"
	"strings"
)

// Kind says what sort of thing a subject is.
type Kind string

// The kinds of subjects (decisions.md §1).
const (
	PullRequest    Kind = "pull_request"
	Run            Kind = "run"
	PipelineRun    Kind = "pipeline_run"
	Deployment     Kind = "deployment"
	Breach         Kind = "breach"
	Repository     Kind = "repository"
	Commit         Kind = "commit"
	Model          Kind = "model"
	ModelVersion   Kind = "model_version"
	Dataset        Kind = "dataset"
	DatasetVersion Kind = "dataset_version"
	Environment    Kind = "environment"
	Person         Kind = "person"
	Experiment     Kind = "experiment"
	Image          Kind = "image"
	Task           Kind = "task"       // a plain card that points at nothing upstream
	ModelCard      Kind = "model_card" // on boards only: a model that has no version yet
)

// Kinds lists every kind a subject can have, in the order pages show them.
var Kinds = []Kind{PullRequest, Run, PipelineRun, ModelVersion, Deployment, Model, ModelCard, Dataset,
	DatasetVersion, Commit, Experiment, Repository, Environment, Breach, Image, Person, Task}

// Known tells whether k is one of Kinds.
func (k Kind) Known() bool { return slices.Contains(Kinds, k) }

// SourceBound tells whether the same key means different things in two
// integrations: such a subject is unique by (integration, kind, key). The other
// kinds are unique by (kind, key) and every source speaks about the same thing.
func (k Kind) SourceBound() bool {
	switch k {
	case PullRequest, Run, PipelineRun, Deployment, Breach, Experiment:
		return true
	}
	return false
}

var kindWords = map[Kind]string{PullRequest: "pull request", PipelineRun: "pipeline run",
	ModelVersion: "model version", DatasetVersion: "dataset version", ModelCard: "model card"}

// Word is the kind as pages write it: "pull request".
func (k Kind) Word() string {
	if w, ok := kindWords[k]; ok {
		return w
	}
	return string(k)
}

// Ref names a subject. Integration is the id of the integration that a
// source-bound key belongs to; zero means "whichever there is", and is what
// neutral kinds always carry.
type Ref struct {
	Kind        Kind   `json:"kind"`
	Key         string `json:"key"`
	Integration int64  `json:"-"`
}

// Path is the address of the subject's page. A key is one percent-encoded
// segment; datasets and model versions have readable ones (product.md).
func (r Ref) Path() string {
	key := url.PathEscape(r.Key)
	switch r.Kind {
	case Model, ModelCard:
		return "/models/" + key
	case ModelVersion:
		if name, version, ok := SplitVersion(r.Key); ok {
			return "/models/" + url.PathEscape(name) + "/versions/" + url.PathEscape(version)
		}
	case Dataset:
		if ns, name, ok := SplitDataset(r.Key); ok {
			return "/datasets/" + url.PathEscape(ns) + "/" + url.PathEscape(name)
		}
	case Run:
		return "/runs/" + key
	case PipelineRun:
		return "/pipelines/" + key
	case Deployment:
		return "/deployments/" + key
	case PullRequest:
		return "/pulls/" + key
	case Commit:
		return "/commits/" + key
	}
	return "/subjects/" + string(r.Kind) + "/" + key
}

// SplitVersion cuts the key of a model version, "NAME/3", into its parts.
func SplitVersion(key string) (name, version string, ok bool) {
	i := strings.LastIndexByte(key, '/')
	if i <= 0 || i == len(key)-1 {
		return "", "", false
	}
	return key[:i], key[i+1:], true
}

// VersionKey is the key of a model version.
func VersionKey(name, version string) string { return name + "/" + version }

// SplitDataset cuts a dataset's key, "NAMESPACE/NAME", at its last slash: the
// namespace may be an address with slashes of its own, the name of a dataset
// that holds slashes is kept whole when the namespace ends the authority of an
// address ("s3://bucket" + "/" + "path/file").
func SplitDataset(key string) (namespace, name string, ok bool) {
	start := 0
	if i := strings.Index(key, "://"); i >= 0 {
		start = i + 3
	}
	i := strings.IndexByte(key[start:], '/')
	if i < 0 || start+i == len(key)-1 {
		return "", "", false
	}
	return key[:start+i], key[start+i+1:], true
}

// DatasetKey is the key of a dataset.
func DatasetKey(namespace, name string) string { return namespace + "/" + name }

// DatasetVersionKey is the key of a dataset version.
func DatasetVersionKey(namespace, name, digest string) string {
	return DatasetKey(namespace, name) + "@" + digest
}

// SplitDatasetVersion cuts "NAMESPACE/NAME@DIGEST" into the dataset's key and the digest.
func SplitDatasetVersion(key string) (dataset, digest string, ok bool) {
	i := strings.LastIndexByte(key, '@')
	if i <= 0 || i == len(key)-1 {
		return key, "", false
	}
	return key[:i], key[i+1:], true
}
