package handlers

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
)

// file is the one that the route's rule found.
func file(c *gin.Context) models.File { return request(c.Request.Context()).file }

// sandboxed is the policy of foreign bytes: whatever a browser makes of them, they
// load nothing and run nowhere.
const sandboxed = "sandbox; default-src 'none'"

// downloadTime is how long a download may take.
const downloadTime = time.Hour

// sendFile sends a file's bytes: always to be saved, never to be opened as a page
// of ours, and of a type that we chose.
func (h *Handlers) sendFile(c *gin.Context) error {
	f := file(c)
	r, err := h.Store.OpenFile(c.Request.Context(), f)
	if err != nil {
		return err
	}
	defer r.Close()
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(downloadTime)) // not every writer of tests can
	head := c.Writer.Header()
	head.Set("Content-Type", string(f.Type))
	head.Set("Content-Disposition", attachment(f.Name))
	head.Set("Content-Security-Policy", sandboxed)
	head.Set("Cache-Control", "no-store, no-transform")
	head.Set("ETag", `"`+f.SHA256+`"`)
	http.ServeContent(c.Writer, c.Request, "", f.At, r)
	return nil
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

// takeFiles takes in the files of a request, all of them or none.
func (h *Handlers) takeFiles(c *gin.Context) ([]models.File, error) {
	by, s := h.principal(c), request(c.Request.Context()).subject
	leave, err := h.uploading.enter(by.Actor())
	if err != nil {
		return nil, err
	}
	defer leave()
	up, err := h.Store.Upload(c.Request.Context(), by, s)
	if err != nil {
		return nil, err
	}
	defer up.Drop()
	if err := addFiles(c, up); err != nil {
		return nil, h.overAll(err)
	}
	return up.Keep(c.Request.Context())
}

// overAll says it when all files of an upload together were too large.
func (h *Handlers) overAll(err error) error {
	if over := new(http.MaxBytesError); errors.As(err, &over) {
		return models.Errorf(models.TooLarge, "All files of one upload together may have %d MiB. Nothing was uploaded; send them one after the other.", h.uploadLimit()>>20)
	}
	return err
}

// addFiles reads the request's files: the parts of a form, or one body.
func addFiles(c *gin.Context, up *store.Upload) error {
	if isForm(c) {
		form, err := parts(c)
		if err != nil {
			return err
		}
		return form.addAll(c, up)
	}
	if e := c.GetHeader("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return models.Errorf(models.Unsupported, "A file is kept as it is sent; send it without the content encoding %q.", e)
	}
	name, err := sentName(c)
	if err != nil {
		return err
	}
	return up.Add(c.Request.Context(), name, c.Request.Body)
}

// sentName is the name of a file that is the whole body: of its
// Content-Disposition, or of ?name=.
func sentName(c *gin.Context) (string, error) {
	if _, params, err := mime.ParseMediaType(c.GetHeader("Content-Disposition")); err == nil && params["filename"] != "" {
		return params["filename"], nil
	}
	name, err := once(c.QueryArray("name"))
	if err != nil {
		return "", err
	}
	if name == "" {
		return "", models.FieldErrorf(models.Unprocessed, "name", "Say what the file is called: ?name=plot.png, or Content-Disposition: attachment; filename=\"plot.png\".")
	}
	return name, nil
}

// refuseRest ends a refused upload: many clients send the whole of it before they
// look at the answer, and get a moment for that.
func refuseRest(c *gin.Context) {
	if l, ok := c.Request.Body.(*slowly); ok {
		l.end = time.Now().Add(bodyTime)
	}
	drain(c.Request.Body)
}
