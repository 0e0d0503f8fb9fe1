package live

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/coder/websocket"

	"throughline/models"
)

// Serve upgrades a request and keeps the board of a project up to date until
// either side closes. since is the sequence the page is true at; nil means that
// it only wants what comes.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, by models.Principal, project int64, since *int64) error {
	if err := h.sameOrigin(r, by); err != nil {
		return err
	}
	s := newSocket(by, project)
	switch closing, tooMany := h.join(s); {
	case closing:
		return models.Errorf(models.Busy, "Throughline is stopping; try again in a moment.")
	case tooMany:
		return models.Errorf(models.Forbidden, "You have %d boards open already.", h.PerUser)
	}
	defer h.leave(s)
	if err := s.accept(w, r); err != nil {
		return nil // Accept has answered
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	gone := make(chan struct{})
	go func() { defer close(gone); defer cancel(); s.listen(ctx) }() // ends when the connection closes
	after, err := h.catchUp(ctx, s, since)
	if err == nil {
		err = s.run(ctx, h.Ping, after)
	}
	s.close(err)
	<-gone
	return nil
}

// sameOrigin refuses a browser that another site's page sent: it brings our
// cookie along. A token comes in a header, which pages can not set.
func (h *Hub) sameOrigin(r *http.Request, by models.Principal) error {
	if by.TokenID != 0 {
		return nil
	}
	origin, err := url.Parse(r.Header.Get("Origin"))
	own, _ := url.Parse(h.Origin)
	if err == nil && own != nil && origin.Scheme == own.Scheme && origin.Host != "" &&
		(strings.EqualFold(origin.Host, r.Host) || strings.EqualFold(origin.Host, own.Host)) {
		return nil
	}
	return models.Errorf(models.Forbidden, "Live boards open from our own pages only.")
}

func (s *socket) accept(w http.ResponseWriter, r *http.Request) (err error) {
	keeper := &hijacked{ResponseWriter: w}
	s.conn, err = websocket.Accept(keeper, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // sameOrigin has looked, more strictly
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return err
	}
	s.net = keeper.conn
	return nil
}

// catchUp sends what the page has missed, or where it starts. The first frame
// always comes, so that the page knows it is connected.
func (h *Hub) catchUp(ctx context.Context, s *socket, since *int64) (after int64, err error) {
	now, err := h.Feed.Seq(ctx)
	if err != nil {
		return 0, err
	}
	if since == nil || *since == now {
		return now, s.write(message{Seq: now, Changes: []change{}}.frame())
	}
	if *since > now {
		return now, s.write(resync(now)) // of another database than ours
	}
	changes, upTo, tooOld, err := h.Feed.ProjectChanges(ctx, s.project, *since)
	if err != nil {
		return 0, err
	}
	if tooOld {
		return upTo, s.write(resync(upTo))
	}
	for _, f := range h.frames(changes, upTo) {
		if err := s.write(f); err != nil {
			return 0, err
		}
	}
	return upTo, nil
}
