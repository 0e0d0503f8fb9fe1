package handlers

import (
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"throughline/models"
)

// made is what a number in an address says when nothing has it, so that whoever
// is let in changes nothing.
const made = "999999"

var parameters = regexp.MustCompile(`[:*]([a-z_]+)`)

// keys of subjects that seed brings into project MINE, by the start of the
// addresses that name their kind.
var subjectKeys = map[string]string{"/runs/": "r1", "/pulls/": "acme%2Fchurn%237", "/pipelines/": "p1", "/deployments/": "dep1", "/models/": "churn",
	"/commits/": "github.com%2Facme%2Fchurn%40" + mergeSHA}

// plain are parameters that mean the same thing in every route.
var plain = map[string]string{"kind": "model", "model": "churn", "source": "cloudevents", "namespace": "s3", "version": "3",
	"environment": "production", "path": "app.css"}

// fill names, in a route's path, things of the project MINE; numbers are made up.
func fill(r Route) string {
	prefix := ""
	if r.Class == Tracking && r.Rule.Who == OfSpace {
		prefix = "/p/MINE"
	}
	return prefix + parameters.ReplaceAllStringFunc(r.Path, func(p string) string {
		switch name := p[1:]; name {
		case "key":
			if r.Rule.Who == OfTeam {
				return "menders"
			}
			return keyIn(r.Path)
		case "id":
			if r.Rule.Who == OfPerson {
				return "2" // in no project
			}
		case "name":
			return nameIn(r)
		default:
			if value, ok := plain[name]; ok {
				return value
			}
		}
		return made
	})
}

func keyIn(path string) string {
	if strings.Contains(path, "/projects/") || strings.HasPrefix(path, "/p/") {
		return "MINE"
	}
	for prefix, key := range subjectKeys {
		if strings.HasPrefix(strings.TrimPrefix(path, "/api/v1"), prefix) {
			return key
		}
	}
	return "churn"
}

func nameIn(r Route) string {
	switch {
	case strings.Contains(r.Path, "/datasets/"):
		return "clicks"
	case r.Class == Hook:
		return "mine"
	case strings.Contains(r.Path, "/integrations/"):
		return "none"
	}
	return "churn"
}

// seed brings the things of the line into project MINE.
func (s *site) seed() {
	s.token("seed", models.Administrator, 0)
	for _, body := range []string{`{"source":"github","name":"mine","settings":{"secret":"s"}}`, `{"source":"cloudevents","name":"mine"}`} {
		require.Equal(s.t, 201, s.ask("seed", "POST", "/api/v1/projects/MINE/integrations", body).status)
	}
	require.Equal(s.t, 202, s.signed("/hooks/github/mine", "s", "pull_request", "d1", pullBody).status)
	for kind, data := range map[string]string{"run.finished": runData, "pipeline_run.finished": `{"id":"p1","pipeline":"train","state":"passed"}`,
		"model_version.registered": `{"model":"churn","version":"3","run_id":"r1"}`,
		"deployment":               `{"id":"dep1","environment":"production","model":"churn","version":"3","state":"live","at":"2026-11-21T10:00:00Z"}`} {
		a := s.ask("seed", "POST", "/hooks/cloudevents/mine", cloudEvent(kind, kind, data), "Content-Type", "application/cloudevents+json")
		require.Equal(s.t, 202, a.status, a.body)
	}
}

// braced is a path in OpenAPI's spelling.
func braced(path string) string { return parameters.ReplaceAllString(path, "{$1}") }

// parameters are the names of an operation's, with spaces around each.
func (s *site) parameters(o *huma.Operation) string {
	names := " "
	for _, p := range o.Parameters {
		names += p.Name + " "
	}
	return names
}
