package handlers

import (
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"throughline/models"
)

// Limits of uploads: slow ones may go on as long as they move.
const (
	uploadStall  = 30 * time.Second // between two pieces
	uploadTime   = time.Hour        // for all of it, and more for what has come …
	uploadPace   = 64 << 10         // … a second for so many bytes
	uploadsAtAll = 32               // under way in this program
	uploadsOfOne = 4                // of one person or token
	formAround   = 1 << 20          // what a form may hold besides files
)

// uploadLimit is the largest body of a route that takes uploads, 0 for all others.
func (h *Handlers) uploadLimit(r Route) int64 {
	switch {
	case !r.Upload:
		return 0
	case r.Class == Tracking:
		return h.Store.MaxArtifact() + 1 // the store says it better
	}
	return h.filesLimit()
}

// filesLimit is the largest body of an upload of files.
func (h *Handlers) filesLimit() int64 { return models.MaxFilesAtOnce*h.Store.MaxFile() + formAround }

// admitSlowly bounds the body of an upload: by its length, and by its pace.
func (h *Handlers) admitSlowly(c *gin.Context, most int64) {
	body := http.MaxBytesReader(c.Writer, c.Request.Body, most)
	c.Request.Body = &slowly{ReadCloser: body, control: http.NewResponseController(c.Writer), end: time.Now().Add(uploadTime)}
}

// slowly is a body that may take its time, as long as some of it comes.
type slowly struct {
	io.ReadCloser
	control *http.ResponseController
	end     time.Time
	last    bool // nothing moves the end any more
}

// rest gives so much time and no more.
func (s *slowly) rest(d time.Duration) { s.end, s.last = time.Now().Add(d), true }

// Read implements io.Reader.
func (s *slowly) Read(p []byte) (int, error) {
	next := time.Now().Add(uploadStall)
	if next.After(s.end) {
		next = s.end
	}
	_ = s.control.SetReadDeadline(next) // not every writer of tests can
	n, err := s.ReadCloser.Read(p)
	if err == io.EOF {
		_ = s.control.SetReadDeadline(time.Time{}) // what is done with it may take longer
	}
	if !s.last {
		s.end = s.end.Add(time.Duration(n) * time.Second / uploadPace)
	}
	return n, err
}

// turnstile counts the uploads under way, of all and of each.
type turnstile struct {
	mu    sync.Mutex
	all   int
	of    map[string]int
	total int
	each  int
}

func newTurnstile(total, each int) *turnstile {
	return &turnstile{of: map[string]int{}, total: total, each: each}
}

// enter takes a place for somebody; call what it returns to give it back.
func (t *turnstile) enter(who string) (leave func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all >= t.total || t.of[who] >= t.each {
		return nil, models.Errorf(models.Busy, "Too many uploads are under way; at most %d of yours at a time. Try again when one has ended.", t.each)
	}
	t.all++
	t.of[who]++
	return func() { t.leave(who) }, nil
}

func (t *turnstile) leave(who string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all--
	if t.of[who]--; t.of[who] == 0 {
		delete(t.of, who)
	}
}
