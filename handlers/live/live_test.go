package live

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"throughline/models"
)

// feed is activity in memory, with the store's promises.
type feed struct {
	mu      sync.Mutex
	all     []models.Change
	bells   map[chan struct{}]bool
	refuse  error
	oldest  int64
	refresh int
}

func (f *feed) add(key, html string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	seq := int64(len(f.all) + 1)
	f.all = append(f.all, models.Change{Seq: seq, Project: 1, Op: "put", Card: &models.Card{ID: seq, Subject: models.Subject{Title: html}},
		CardID: seq, Subject: models.Ref{Kind: models.Run, Key: key}, Title: key, Column: "Done"})
	for c := range f.bells {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (f *feed) Watch() (<-chan struct{}, func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := make(chan struct{}, 1)
	f.bells[c] = true
	return c, func() { f.mu.Lock(); defer f.mu.Unlock(); delete(f.bells, c) }
}

func (f *feed) Seq(context.Context) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return int64(len(f.all)), nil
}

func (f *feed) ChangesSince(_ context.Context, seq int64, limit int) ([]models.Change, int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	upTo := min(int64(len(f.all)), seq+int64(limit))
	return f.all[seq:upTo], upTo, nil
}

func (f *feed) ProjectChanges(_ context.Context, _, since int64) ([]models.Change, int64, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	upTo := int64(len(f.all))
	return f.all[since:], upTo, since < f.oldest, nil
}

func (f *feed) Refresh(_ context.Context, by models.Principal) (models.Principal, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refresh++
	return by, f.refuse
}

type hall struct {
	t      *testing.T
	feed   *feed
	hub    *Hub
	server *httptest.Server
}

// newHall is a hub behind a server. It fails the test when a goroutine is left.
func newHall(t *testing.T, perUser int) *hall {
	ignore := goleak.IgnoreCurrent()
	f := &feed{bells: map[chan struct{}]bool{}}
	hub := New(Options{Feed: f, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), RecheckEvery: 50 * time.Millisecond, Tick: 50 * time.Millisecond,
		PerUser: perUser, Render: func(c models.Card) (string, error) { return c.Subject.Title, nil }})
	by := models.Principal{TokenID: 1, Hub: models.Viewer}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var since *int64
		if r.URL.Query().Has("since") {
			n := int64(0)
			_ = json.Unmarshal([]byte(r.URL.Query().Get("since")), &n)
			since = &n
		}
		if err := hub.Serve(w, r, by, 1, since); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	}))
	t.Cleanup(func() {
		hub.Close()
		server.Close()
		goleak.VerifyNone(t, ignore)
	})
	return &hall{t: t, feed: f, hub: hub, server: server}
}

func (h *hall) dial(query string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, strings.Replace(h.server.URL, "http", "ws", 1)+query, nil)
	if err == nil {
		h.t.Cleanup(func() { _ = conn.CloseNow() })
	}
	return conn, err
}

func (h *hall) open(query string) *websocket.Conn {
	h.t.Helper()
	conn, err := h.dial(query)
	require.NoError(h.t, err)
	return conn
}

func read(t *testing.T, conn *websocket.Conn) (message, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	_, text, err := conn.Read(ctx)
	var m message
	if err == nil {
		require.NoError(t, json.Unmarshal(text, &m), string(text))
	}
	return m, err
}

// until reads frames until one reaches seq, and returns the keys told on the way.
func until(t *testing.T, conn *websocket.Conn, seq int64) (keys []string) {
	t.Helper()
	for {
		m, err := read(t, conn)
		require.NoError(t, err)
		for _, c := range m.Changes {
			keys = append(keys, c.Subject.Key)
		}
		if m.Seq >= seq {
			return keys
		}
	}
}

func TestCatchUpThenLiveWithoutGapsOrRepeats(t *testing.T) {
	h := newHall(t, 10)
	h.feed.add("a", "A")
	h.feed.add("b", "B")
	conn := h.open("/?since=1")
	keys := until(t, conn, 2)
	h.feed.add("c", "C")
	require.Equal(t, []string{"b", "c"}, append(keys, until(t, conn, 3)...))
}

func TestTooFarBehindIsToldToReload(t *testing.T) {
	h := newHall(t, 10)
	h.feed.add("a", "A")
	h.feed.oldest = 1
	conn := h.open("/?since=0")
	_, text, err := conn.Read(context.Background())
	require.NoError(t, err)
	require.JSONEq(t, `{"resync":true,"seq":1}`, string(text))
}

func TestALargeCardIsFetched(t *testing.T) {
	h := newHall(t, 10)
	conn := h.open("/")
	_, err := read(t, conn)
	require.NoError(t, err)
	h.feed.add("big", strings.Repeat("x", changeLimit))
	m, err := read(t, conn)
	require.NoError(t, err)
	require.True(t, m.Changes[0].Fetch)
	require.Empty(t, m.Changes[0].HTML)
}

func TestManyChangesComeInFramesOfBoundedSize(t *testing.T) {
	h := newHall(t, 10)
	for range 200 {
		h.feed.add("k", strings.Repeat("y", 1000))
	}
	conn := h.open("/?since=0") // the client reads at most 32 KiB at once
	require.Len(t, until(t, conn, 200), 200)
}

// A reader that never reads is sent away; the others get everything at once.
func TestASlowReaderDelaysNobody(t *testing.T) {
	h := newHall(t, 10)
	slow, good := h.open("/"), h.open("/")
	_, err := read(t, good)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return h.hub.Open() == 2 }, 5*time.Second, 5*time.Millisecond)
	html := strings.Repeat("z", 1800)
	worst := time.Duration(0)
	for seq := int64(1); h.hub.Dropped() == 0; seq++ {
		require.Less(t, seq, int64(50_000), "the slow reader was never dropped")
		started := time.Now()
		h.feed.add("k", html)
		until(t, good, seq)
		worst = max(worst, time.Since(started))
	}
	require.Less(t, worst, 2*time.Second)
	require.Eventually(t, func() bool { return h.hub.Open() == 1 }, 10*time.Second, 20*time.Millisecond)
	slow.SetReadLimit(1 << 20)
	for err = nil; err == nil; {
		_, err = read(t, slow)
	}
	if code := websocket.CloseStatus(err); code != -1 {
		require.Equal(t, websocket.StatusTryAgainLater, code)
	}
}

func TestRightsEnd(t *testing.T) {
	h := newHall(t, 10)
	conn := h.open("/")
	_, err := read(t, conn)
	require.NoError(t, err)
	h.feed.mu.Lock()
	h.feed.refuse = models.Errorf(models.Busy, "the database does not answer")
	h.feed.mu.Unlock()
	time.Sleep(150 * time.Millisecond)
	require.Equal(t, 1, h.hub.Open(), "nobody is sent away because the database is slow")
	h.feed.mu.Lock()
	h.feed.refuse = models.Errorf(models.Unauthorised, "gone")
	h.feed.mu.Unlock()
	_, err = read(t, conn)
	require.Equal(t, notAllowed, websocket.CloseStatus(err))
}

func TestOneUserHasOnlySoMany(t *testing.T) {
	h := newHall(t, 2)
	first := h.open("/")
	h.open("/")
	require.Eventually(t, func() bool { return h.hub.Open() == 2 }, 5*time.Second, 5*time.Millisecond)
	_, err := h.dial("/")
	require.Error(t, err)
	require.NoError(t, first.CloseNow())
	require.Eventually(t, func() bool { _, err := h.dial("/"); return err == nil }, 5*time.Second, 20*time.Millisecond)
}

func TestTalkersAreClosed(t *testing.T) {
	h := newHall(t, 10)
	conn := h.open("/")
	_, err := read(t, conn)
	require.NoError(t, err)
	require.NoError(t, conn.Write(context.Background(), websocket.MessageText, []byte("hello")))
	_, err = read(t, conn)
	require.Equal(t, websocket.StatusPolicyViolation, websocket.CloseStatus(err))
}
