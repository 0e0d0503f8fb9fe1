package handlers

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

func TestADatasetsDataProtectionByAPIAndPage(t *testing.T) {
	s := newSite(t)
	mine := s.project("MINE")
	s.token("contributor", models.Contributor, mine.ID)
	s.token("viewer", models.Viewer, mine.ID)
	s.token("administrator", models.Administrator, 0)
	s.seed()
	path := "/api/v1/datasets/s3/clicks/governance"
	a := s.ask("viewer", http.MethodGet, path, "")
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Equal(t, "missing", a.json(t)["evidence"], "nobody said anything yet")

	a = s.ask("contributor", http.MethodPut, path, `{"classification":"personal","retention":"P1D"}`)
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Contains(t, a.body, `"problem":"legal_basis"`)
	require.Contains(t, a.body, `"until":`, "each version's end is told")
	require.Equal(t, http.StatusUnprocessableEntity, s.ask("contributor", http.MethodPut, path, `{"classification":"personal","retention":"soon"}`).status)
	require.Equal(t, http.StatusForbidden, s.ask("viewer", http.MethodPut, path, `{"classification":"public"}`).status)

	page := s.ask("viewer", http.MethodGet, "/datasets/s3/clicks", "")
	require.Contains(t, page.body, "Personal data without a legal basis.")
	require.NotContains(t, page.body, "Say what this data is", "a viewer has no form")
	require.Contains(t, s.ask("viewer", http.MethodGet, "/datasets?classification=personal", "").body, "no legal basis")
	require.NotContains(t, s.ask("viewer", http.MethodGet, "/datasets?classification=public", "").body, "/datasets/s3/clicks")
	require.Contains(t, s.ask("viewer", http.MethodGet, "/throughline/production/churn", "").body, "Personal data without a legal basis.")
	require.Contains(t, s.ask("viewer", http.MethodGet, "/models/churn", "").body, "Personal data without a legal basis.", "the live model tells it too")
}

func TestARefusedDataProtectionFormComesBackAsTyped(t *testing.T) {
	s := newSite(t)
	s.token("administrator", models.Administrator, 0)
	s.project("MINE")
	s.seed()
	s.person("dana@example.com", models.Administrator)
	b := s.browser()
	b.signIn("dana@example.com")
	b.get("/datasets/s3/clicks")
	form := url.Values{"csrf": {b.csrf}, "classification": {"confidential"}, "purpose": {"Scoring <b>only</b>"}, "retention": {"many"}, "retention_unit": {"Y"}}
	a := b.post("/datasets/s3/clicks/governance", form)
	require.Equal(t, http.StatusUnprocessableEntity, a.status)
	require.Contains(t, a.body, "is a whole number")
	require.Contains(t, a.body, "Scoring &lt;b&gt;only&lt;/b&gt;")
	form.Set("retention", "2")
	require.Equal(t, http.StatusSeeOther, b.post("/datasets/s3/clicks/governance", form).status)
	require.Contains(t, b.get("/datasets/s3/clicks").body, "2 years")
}
