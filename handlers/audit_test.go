package handlers

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/chain"
	"throughline/models/store"
)

// audited is a site in which something happened in two projects.
func audited(t *testing.T) (s *site, mine models.Project) {
	s = newSite(t)
	mine = s.project("MINE")
	other := s.project("OTHER")
	s.token("viewer", models.Viewer, mine.ID)
	s.token("maintainer", models.Maintainer, mine.ID)
	s.token("stranger", models.Maintainer, other.ID)
	s.token("administrator", models.Administrator, 0)
	return s, mine
}

// Row 56: a viewer does not read the record; a maintainer reads their project's.
func TestWhoReadsTheRecord(t *testing.T) {
	s, _ := audited(t)
	for path, want := range map[string]map[string]int{
		"/audit":                               {"viewer": 403, "maintainer": 403, "stranger": 403, "administrator": 200},
		"/audit/export":                        {"viewer": 403, "maintainer": 403, "stranger": 403, "administrator": 200},
		"/projects/MINE/audit":                 {"viewer": 403, "maintainer": 200, "stranger": 404, "administrator": 200},
		"/projects/MINE/audit/export":          {"viewer": 403, "maintainer": 200, "stranger": 404, "administrator": 200},
		"/api/v1/audit":                        {"": 401, "viewer": 403, "maintainer": 403, "stranger": 403, "administrator": 200},
		"/api/v1/audit/export":                 {"": 401, "viewer": 403, "maintainer": 403, "stranger": 403, "administrator": 200},
		"/api/v1/audit/chain":                  {"": 401, "viewer": 403, "maintainer": 403, "stranger": 403, "administrator": 200},
		"/api/v1/projects/MINE/audit":          {"": 401, "viewer": 403, "maintainer": 200, "stranger": 404, "administrator": 200},
		"/api/v1/projects/MINE/audit/export":   {"": 401, "viewer": 403, "maintainer": 200, "stranger": 404, "administrator": 200},
		"/api/v1/projects/ABSENT/audit/export": {"": 401, "maintainer": 404, "stranger": 404, "administrator": 404},
	} {
		for caller, status := range want {
			require.Equal(t, status, s.ask(caller, "GET", path, "").status, "%q GET %s", caller, path)
		}
	}
}

// A maintainer's list and export hold nothing of other projects, whatever is asked.
func TestAProjectsRecordIsItsOwn(t *testing.T) {
	s, mine := audited(t)
	for _, path := range []string{"/api/v1/projects/MINE/audit", "/api/v1/projects/MINE/audit/export", "/projects/MINE/audit", "/projects/MINE/audit/export"} {
		for _, query := range []string{"", "?project=OTHER", "?action=project.created", "?who=system"} {
			a := s.ask("maintainer", "GET", path+query, "")
			require.Equal(t, 200, a.status)
			require.False(t, strings.Contains(a.body, "Project OTHER"), path+query)
		}
	}
	rows := s.ask("maintainer", "GET", "/api/v1/projects/MINE/audit?action=project.created", "").json(t)["audit"].([]any)
	require.Len(t, rows, 1)
	require.EqualValues(t, mine.ID, rows[0].(map[string]any)["project_id"])
	require.Len(t, rows[0].(map[string]any)["hash"], 64)
}

// Row 56: each export is exactly one row, with its filter and count, made before
// the answer; reading the list is none.
func TestAnExportIsRecorded(t *testing.T) {
	s, _ := audited(t)
	count := func() int64 {
		seq, err := s.store.Seq(context.Background())
		require.NoError(t, err)
		return seq
	}
	before := count()
	require.Equal(t, 200, s.ask("administrator", "GET", "/audit", "").status)
	require.Equal(t, 200, s.ask("administrator", "GET", "/api/v1/audit", "").status)
	require.Equal(t, before, count(), "reading the list")
	for i, path := range []string{"/audit/export?format=csv", "/audit/export?format=jsonl", "/api/v1/audit/export", "/api/v1/audit/export?format=csv&action=project.*"} {
		a := s.ask("administrator", "GET", path, "")
		require.Equal(t, 200, a.status, a.body)
		require.Equal(t, before+int64(i)+1, count(), path)
		require.Contains(t, a.header.Get("Content-Disposition"), "attachment")
	}
	rows, _, err := s.store.Audit(context.Background(), system, store.AuditFilter{Action: "audit.exported", Limit: 1})
	require.NoError(t, err)
	require.Equal(t, map[string]any{"action": "project.*"}, rows[0].Detail["filter"])
	require.EqualValues(t, 2, rows[0].Detail["rows"])
	require.Contains(t, rows[0].Actor, "token:")
	for _, wrong := range []string{"?format=xlsx", "?from=soon", "?subject=nothing", "?who=a&who=b"} {
		at := count()
		require.Equal(t, 422, s.ask("administrator", "GET", "/audit/export"+wrong, "").status, wrong)
		require.Equal(t, at, count(), "a refused export is none")
	}
}

// What the API exports is what throughline audit verify --file checks.
func TestAnExportVerifies(t *testing.T) {
	s, _ := audited(t)
	a := s.ask("administrator", "GET", "/api/v1/audit/export?format=jsonl", "", "Accept-Encoding", "identity")
	found, err := chain.CheckFile(strings.NewReader(a.body))
	require.NoError(t, err)
	require.Nil(t, found.Break)
	require.Equal(t, a.header.Get("Throughline-Rows"), itoa(found.Rows))
}

func TestAWrongFilterComesBack(t *testing.T) {
	s, _ := audited(t)
	a := s.ask("administrator", "GET", "/audit?from=someday&who=dana", "")
	require.Equal(t, 422, a.status)
	require.Contains(t, a.body, "is neither a day")
	require.Contains(t, a.body, `value="dana"`)
	require.Equal(t, 422, s.ask("administrator", "GET", "/api/v1/audit?from=someday", "").status)
}

func TestTheRecordIsPagedByTheAPI(t *testing.T) {
	s, _ := audited(t)
	seen, after := 0, ""
	for {
		page := s.ask("administrator", "GET", "/api/v1/audit?limit=2&after="+after, "").json(t)
		seen += len(page["audit"].([]any))
		next, more := page["next"].(string)
		if after = next; !more {
			break
		}
	}
	last, err := s.store.Seq(context.Background())
	require.NoError(t, err)
	require.Equal(t, int(last), seen)
}
