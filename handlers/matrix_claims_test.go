package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Where anybody who is signed in may write: it concerns nobody else.
var ownWrites = []string{"POST /runs/views", "POST /theme", "POST /logout", "POST /account/", "POST /onboarding", "DELETE /api/v1/me/", "POST /api/v1/invitations/accept"}

func ownWrite(route string) bool {
	return slices.ContainsFunc(ownWrites, func(own string) bool { return strings.HasPrefix(route, own) })
}

// Routes that take events, and so let a token in that may do nothing else; and the
// one that tells every token what it is.
var eventRoutes = []string{"GET /api/v1/me", "POST /hooks/:source/:name", "POST /hooks/:source/:name/*path", "POST /api/v1/projects/:key/events"}

// TestTheMatrixIsNotTooKind: whatever somebody writes into the file, these hold.
func TestTheMatrixIsNotTooKind(t *testing.T) {
	for _, line := range readMatrix(t) {
		cells := strings.Split(line, "\t")
		require.Len(t, cells, 2+len(callers), line)
		route := cells[0] + " " + cells[1]
		for i, caller := range callers {
			allowed := mayRead(route, caller)
			require.True(t, allowed == nil || slices.Contains(allowed, cells[2+i]), "%s answers %s %s; expected one of %v", route, caller, cells[2+i], allowed)
		}
	}
}

// postedSearches only read, though they are posted: that is how MLflow asks.
var postedSearches = []string{"POST /api/2.0/mlflow/runs/search", "POST /api/2.0/mlflow/experiments/search",
	"POST /api/2.0/mlflow/logged-models/search", "POST /api/2.0/mlflow/registered-models/get-latest-versions"}

// mayRead are the answers that a caller may get; nil is any.
func mayRead(route, caller string) []string {
	method, path, _ := strings.Cut(route, " ")
	write := method != http.MethodGet && !slices.Contains(postedSearches, route)
	_, open := publicRoutes[route]
	switch caller {
	case "nobody", "unknown", "revoked", "expired", "disabled":
		if !open || method == http.MethodPost && strings.HasPrefix(path, "/hooks/") {
			return []string{"401", "login"}
		}
	case "stranger", "contributor-elsewhere", "maintainer-elsewhere":
		if strings.Contains(path, "/projects/:key") {
			return []string{"404"}
		}
	case "events-only":
		if !open && !slices.Contains(eventRoutes, route) {
			return []string{"403", "404"}
		}
	case "viewer", "viewer-person", "reader":
		if write && !open && !ownWrite(route) {
			return []string{"403", "404"}
		}
	}
	return nil
}
