package mlflow

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"throughline/models"
)

// Download is a file to send.
type Download struct {
	Name   string
	Type   models.MediaType // ours, never what somebody claimed
	SHA256 string
	At     time.Time
	Body   io.ReadSeeker
}

// sandboxed is the policy of foreign bytes: whatever a browser makes of them, they
// load nothing and run nowhere.
const sandboxed = "sandbox; default-src 'none'"

// stall is how long a download may stand still.
const stall = 2 * time.Minute

// Send sends a file's bytes, or the range that is asked for: always to be saved,
// never to be opened as a page of ours. It may take as long as it moves.
func Send(w http.ResponseWriter, r *http.Request, d Download) {
	head := w.Header()
	head.Set("Content-Type", string(d.Type))
	head.Set("Content-Disposition", attachment(d.Name))
	head.Set("Content-Security-Policy", sandboxed)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Cache-Control", "no-store, no-transform")
	head.Set("ETag", `"`+d.SHA256+`"`)
	http.ServeContent(steady{w, http.NewResponseController(w)}, r, "", d.At, d.Body)
}

// steady is an answer that may go on as long as the other end takes some of it.
type steady struct {
	http.ResponseWriter
	control *http.ResponseController
}

// Write implements io.Writer.
func (s steady) Write(p []byte) (int, error) {
	_ = s.control.SetWriteDeadline(time.Now().Add(stall)) // not every writer of tests can
	return s.ResponseWriter.Write(p)
}

// attachment is a Content-Disposition with a name (RFC 6266): plain letters for
// old clients, and all of it in UTF-8 for the others.
func attachment(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._- ()+", r) {
			return r
		}
		return '_'
	}, name)
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}
