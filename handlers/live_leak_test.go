package handlers

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"throughline/models"
)

// Row 36: a live board tells its viewer nothing that the viewer's own GET would
// not, and a stranger nothing at all.
func TestLiveBoardsTellNoMoreThanTheBoard(t *testing.T) {
	s := newSite(t)
	mine, other := s.project("MINE"), s.project("OTHER")
	s.seed()
	require.Equal(t, 201, s.ask("seed", "POST", "/api/v1/projects/OTHER/integrations", `{"source":"cloudevents","name":"other"}`).status)
	s.token("viewer", models.Viewer, mine.ID)
	s.token("stranger", models.Viewer, other.ID)
	watching, _, err := s.watch("/projects/MINE/live", s.bearer("viewer"))
	require.NoError(t, err)
	_, err = next(t, watching)
	require.NoError(t, err)
	for _, path := range []string{"/projects/MINE/live", "/projects/MINE/live?since=0", "/projects/mine/live", "/projects/*/live", "/projects/%2A/live", "/projects/1/live", "/projects/OTHER%2F..%2FMINE/live"} {
		_, status, err := s.watch(path, s.bearer("stranger"))
		require.Error(t, err, path)
		require.Equal(t, http.StatusNotFound, status, path)
	}
	const events = 150
	for i := range events {
		s.tell("mine"+itoa(int64(i)), "mine-"+itoa(int64(i)))
		a := s.ask("seed", "POST", "/hooks/cloudevents/other", cloudEvent("o"+itoa(int64(i)), "run.started", `{"run_id":"secret-`+itoa(int64(i))+`","name":"secret"}`), "Content-Type", ceType)
		require.Equal(t, 202, a.status)
	}
	told := s.toldUntil(watching, "mine-"+itoa(events-1))
	for key := range told {
		require.False(t, strings.HasPrefix(key, "secret"), key)
		require.Equal(t, 200, s.ask("viewer", "GET", "/api/v1/subjects/run/"+key, "").status, "told of %s, which GET hides", key)
	}
	require.GreaterOrEqual(t, len(told), events)
}

// toldUntil collects the keys that a board is told of, up to the last one.
func (s *site) toldUntil(conn *websocket.Conn, last string) map[string]bool {
	s.t.Helper()
	told := map[string]bool{}
	for !told[last] {
		f, err := next(s.t, conn)
		require.NoError(s.t, err)
		require.False(s.t, f.Resync)
		for _, c := range f.Changes {
			told[c.Subject.Key] = true
			require.NotContains(s.t, c.HTML, "secret")
		}
	}
	return told
}
