package contract

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const mergeSHA = "4f1d9a1be5a0c7cc8d3d2a4e4b5c6d7e8f901234"

func TestAWholeLineByCalls(t *testing.T) {
	h := startHub(t)
	h.project("BAR", "bar")
	h.code()
	now := time.Now().UTC().Format(time.RFC3339)
	h.accepted(h.event("bar", "run.finished", "e1", object{"run_id": "run-1", "experiment": "fares", "name": "brave-otter", "user": "dana", "state": "passed",
		"ended_at": now, "metrics": object{"rmse": 1.2}, "commit": object{"repository": "https://github.com/acme/fares", "sha": mergeSHA},
		"datasets": []object{{"namespace": "s3://lake", "name": "trips/2026", "digest": "sha256:abc", "role": "training"}}}))
	h.accepted(h.event("bar", "model_version.registered", "e2", object{"model": "fare-model", "version": "1", "run_id": "run-1"}))
	h.want(http.StatusOK, http.MethodPut, "/api/v1/models/fare-model/card", []byte("---\nlicense: mit\n---\n# Fares\n\nPredicts fares.\n"), "Content-Type", "text/markdown")
	h.accepted(h.event("bar", "deployment", "e3", object{"id": "d1", "environment": "production", "model": "fare-model", "version": "1", "state": "live", "at": now}))
	owners := object{"owners": []object{{"person": "dana@example.com", "as": "owner"}}}
	if missing := h.gaps(); strings.Join(missing, " ") != "owner_dataset owner_model" {
		t.Errorf("before there are owners the gaps are %v", missing)
	}
	h.want(http.StatusOK, http.MethodPut, "/api/v1/subjects/model/fare-model/owners", owners)
	h.want(http.StatusOK, http.MethodPut, "/api/v1/subjects/dataset/"+url.PathEscape("s3://lake/trips/2026")+"/owners", owners)
	if missing := h.gaps(); len(missing) != 0 {
		t.Errorf("gaps %v, want none", missing)
	}
	h.want(http.StatusCreated, http.MethodPost, "/api/v1/links", object{"relation": "mentions",
		"from": object{"kind": "run", "key": "run-1"}, "to": object{"kind": "model", "key": "fare-model"}})
	h.shape()
}

// code posts a merged pull request and its review.
func (h *hub) code() {
	h.Helper()
	user := func(login string, id int) object { return object{"login": login, "id": id, "type": "User"} }
	repository := object{"id": 11, "name": "fares", "full_name": "acme/fares", "owner": user("acme", 1), "html_url": "https://github.com/acme/fares", "default_branch": "main"}
	side := func(sha string) object { return object{"ref": "x", "sha": sha, "repo": repository} }
	at := time.Now().UTC().Add(-time.Hour).Format(time.RFC3339)
	pull := object{"id": 12, "number": 12, "state": "closed", "title": "Use trips of 2026", "html_url": "https://github.com/acme/fares/pull/12",
		"user": user("dana", 2), "draft": false, "merged": true, "merged_at": at, "created_at": at, "updated_at": at, "closed_at": at,
		"merge_commit_sha": mergeSHA, "head": side(strings.Repeat("a", 40)), "base": side(strings.Repeat("b", 40))}
	h.accepted(h.github("bar", "s", "pull_request", "g1", object{"action": "closed", "number": 12, "pull_request": pull, "repository": repository, "sender": user("dana", 2)}))
	h.accepted(h.github("bar", "s", "pull_request_review", "g2", object{"action": "submitted", "pull_request": pull, "repository": repository, "sender": user("kim", 3),
		"review": object{"id": 5, "user": user("kim", 3), "state": "approved", "submitted_at": at, "commit_id": strings.Repeat("a", 40)}}))
}

func (h *hub) gaps() (missing []string) {
	h.Helper()
	line := h.want(http.StatusOK, http.MethodGet, "/api/v1/throughline/production/fare-model", nil)
	list, ok := line["gaps"].([]any)
	if !ok {
		h.Fatalf("gaps is %v, not a list", line["gaps"])
	}
	for _, g := range list {
		gap := g.(object)
		if gap["closes_by"] == nil {
			h.Errorf("the gap %v does not say what closes it", gap["missing"])
		}
		missing = append(missing, fmt.Sprint(gap["missing"]))
	}
	return missing
}

// shape looks at the answers that others read.
func (h *hub) shape() {
	h.Helper()
	line := h.want(http.StatusOK, http.MethodGet, "/api/v1/throughline/production/fare-model", nil)
	for _, part := range []string{"deployment", "model_version", "run", "commit", "pull_requests", "datasets", "owners", "gaps"} {
		if line[part] == nil {
			h.Errorf("the throughline lacks %s", part)
		}
	}
	projects := h.want(http.StatusOK, http.MethodGet, "/api/v1/projects", nil)
	if first := projects["projects"].([]any)[0].(object); first["key"] != "BAR" || first["name"] != "BAR" {
		h.Errorf("projects: %v", projects)
	}
	deployments := h.want(http.StatusOK, http.MethodGet, "/api/v1/deployments", nil)
	if first := deployments["deployments"].([]any)[0].(object); first["environment"] != "production" || first["model"] != "fare-model" || first["version"] != "1" {
		h.Errorf("deployments: %v", deployments)
	}
	kinds := map[any]string{}
	board := h.want(http.StatusOK, http.MethodGet, "/api/v1/projects/BAR/board", nil)
	for _, c := range board["columns"].([]any) {
		for _, card := range c.(object)["cards"].([]any) {
			subject := card.(object)["subject"].(object)
			kinds[subject["kind"]] = fmt.Sprint(c.(object)["name"])
			if card.(object)["id"] == nil || card.(object)["placed_by"] == nil || subject["key"] == nil || subject["title"] == nil {
				h.Errorf("card %v", card)
			}
		}
	}
	if kinds["run"] != "In review" || kinds["model_version"] != "Live" || kinds["pull_request"] == "" || board["seq"] == nil {
		h.Errorf("cards stand by kind: %v", kinds)
	}
}

func TestNamesAreUniqueAndStrangersAreRefused(t *testing.T) {
	h := startHub(t)
	h.project("BAR", "bar")
	h.want(http.StatusConflict, http.MethodPost, "/api/v1/projects", object{"key": "BAR", "name": "again"})
	h.want(http.StatusCreated, http.MethodPost, "/api/v1/projects", object{"key": "FOO", "name": "Foo"})
	h.want(http.StatusConflict, http.MethodPost, "/api/v1/projects/FOO/integrations", object{"source": "github", "name": "bar", "settings": object{"secret": "x"}})
	if status, body := h.github("bar", "wrong", "ping", "p1", object{"zen": "x"}); status != http.StatusUnauthorized {
		t.Errorf("a bad signature: %d %s", status, body)
	}
	got := h.want(http.StatusOK, http.MethodGet, "/api/v1/projects/BAR/integrations/github/bar", nil)
	if fmt.Sprint(got["bad_signatures"]) != "1" {
		t.Errorf("bad signatures are not counted: %v", got)
	}
	if status, body := h.github("bar", "s", "something_new", "p2", object{"action": "x"}); status != http.StatusAccepted {
		t.Errorf("an unknown event: %d %s", status, body)
	}
	h.token = "tl_nobody"
	h.want(http.StatusUnauthorized, http.MethodGet, "/api/v1/projects", nil)
}
