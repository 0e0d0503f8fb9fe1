package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"throughline/models"
)

// watch opens a live board with headers and reads the first frame.
func (s *site) watch(path string, header http.Header) (*websocket.Conn, int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, response, err := websocket.Dial(ctx, strings.Replace(s.server.URL, "http", "ws", 1)+path, &websocket.DialOptions{HTTPHeader: header})
	if conn != nil {
		s.t.Cleanup(func() { _ = conn.CloseNow() })
	}
	if response == nil {
		return conn, 0, err
	}
	return conn, response.StatusCode, err
}

type liveFrame struct {
	Seq     int64
	Resync  bool
	Changes []struct {
		Op      string
		Subject struct{ Kind, Key, Title string }
		Card    int64
		Column  string
		HTML    string
		Fetch   bool
	}
}

func next(t *testing.T, conn *websocket.Conn) (f liveFrame, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, text, err := conn.Read(ctx)
	if err == nil {
		require.NoError(t, json.Unmarshal(text, &f), string(text))
	}
	return f, err
}

func (s *site) bearer(caller string) http.Header {
	return http.Header{"Authorization": {"Bearer " + s.tokens[caller]}}
}

func (s *site) tell(id, key string) {
	s.t.Helper()
	a := s.ask("seed", "POST", "/hooks/cloudevents/mine", cloudEvent(id, "run.started", `{"run_id":"`+key+`","name":"`+key+`"}`), "Content-Type", ceType)
	require.Equal(s.t, 202, a.status, a.body)
}

// A posted event reaches an open board; a board that was away catches up.
func TestAnEventReachesTheBoard(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	other := s.project("OTHER")
	s.seed()
	s.token("stranger", models.Viewer, other.ID)
	away := int64(s.ask("seed", "GET", "/api/v1/projects/MINE/board", "").json(t)["seq"].(float64))
	conn, _, err := s.watch("/projects/MINE/live", s.bearer("seed"))
	require.NoError(t, err)
	hello, err := next(t, conn)
	require.NoError(t, err)
	require.GreaterOrEqual(t, hello.Seq, away)
	require.Empty(t, hello.Changes)
	strangers, _, err := s.watch("/projects/OTHER/live", s.bearer("stranger"))
	require.NoError(t, err)
	_, err = next(t, strangers)
	require.NoError(t, err)

	s.tell("l1", "live-run")
	f, err := next(t, conn)
	require.NoError(t, err)
	require.Equal(t, "live-run", f.Changes[0].Subject.Key)
	require.Equal(t, "In progress", f.Changes[0].Column)
	require.True(t, strings.Contains(f.Changes[0].HTML, "live-run") || f.Changes[0].Fetch)

	back, _, err := s.watch("/projects/MINE/live?since="+itoa(away), s.bearer("seed"))
	require.NoError(t, err)
	missed, err := next(t, back)
	require.NoError(t, err)
	require.Equal(t, "live-run", missed.Changes[0].Subject.Key)

	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	_, _, err = strangers.Read(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded, "another project hears nothing")

	ahead, _, err := s.watch("/projects/MINE/live?since=99999999", s.bearer("seed"))
	require.NoError(t, err)
	f, err = next(t, ahead)
	require.NoError(t, err)
	require.True(t, f.Resync)
}

func TestWhoMayWatch(t *testing.T) {
	s := newSite(t)
	mine, other := s.project("MINE"), s.project("OTHER")
	s.token("stranger", models.Viewer, other.ID)
	s.person("admin@example.com", models.Administrator)
	ana := s.person("ana@example.com", models.Nobody)
	require.NoError(t, s.store.SetMember(t.Context(), system, mine.ID, ana.ID, models.Viewer))
	for name, step := range map[string]struct {
		header http.Header
		status int
	}{
		"nobody":   {nil, 401},
		"stranger": {s.bearer("stranger"), 404},
	} {
		_, status, err := s.watch("/projects/MINE/live", step.header)
		require.Error(t, err, name)
		require.Equal(t, step.status, status, name)
	}
	b := s.browser()
	require.Equal(t, 303, b.signIn("ana@example.com").status)
	cookie := b.client.Jar.Cookies(must(http.NewRequest("GET", s.server.URL, nil)).URL)[0].String()
	for origin, status := range map[string]int{"": 403, "null": 403, "http://evil.test": 403, "https://" + s.h.Addr: 403, "http://sub." + s.h.Addr: 403,
		s.server.URL: 101} {
		header := http.Header{"Cookie": {cookie}}
		if origin != "" {
			header.Set("Origin", origin)
		}
		_, got, err := s.watch("/projects/MINE/live", header)
		require.Equal(t, status, got, "%q %v", origin, err)
	}
	conn, _, err := s.watch("/projects/MINE/live", http.Header{"Cookie": {cookie}, "Origin": {s.server.URL}})
	require.NoError(t, err)
	_, err = next(t, conn)
	require.NoError(t, err)
	require.NoError(t, s.store.RemoveMember(t.Context(), system, mine.ID, ana.ID))
	started := time.Now()
	_, err = next(t, conn)
	require.Equal(t, websocket.StatusCode(4403), websocket.CloseStatus(err))
	require.Less(t, time.Since(started), 5*time.Second)
}

func TestStoppingSaysComeBack(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	s.token("admin", models.Administrator, 0)
	conn, _, err := s.watch("/projects/MINE/live", s.bearer("admin"))
	require.NoError(t, err)
	_, err = next(t, conn)
	require.NoError(t, err)
	go s.h.Close()
	_, err = next(t, conn)
	require.Equal(t, websocket.StatusGoingAway, websocket.CloseStatus(err))
}
