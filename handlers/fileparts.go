package handlers

import (
	"io"
	"mime"
	"mime/multipart"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
)

// Limits of what a form with files may hold besides their bytes.
const (
	maxParts    = 64
	maxField    = 4 << 10
	maxPartHead = 32 << 10
)

const formKey = "form"

// isForm tells whether a request's body is a form with files.
func isForm(c *gin.Context) bool {
	kind, _, _ := mime.ParseMediaType(c.GetHeader("Content-Type"))
	return kind == "multipart/form-data"
}

// fileForm is a form with files, read as it comes: no part of it is kept in memory
// or in a temporary file.
type fileForm struct {
	*multipart.Reader
	body *bounded
	read int // parts so far
}

// parts is the request's form with files, wherever it has been read to.
func parts(c *gin.Context) (*fileForm, error) {
	if f, ok := c.Get(formKey); ok {
		return f.(*fileForm), nil
	}
	body := &bounded{ReadCloser: c.Request.Body}
	c.Request.Body = body
	r, err := c.Request.MultipartReader()
	if err != nil {
		return nil, models.Errorf(models.Invalid, "This is no form with files: %w", err)
	}
	f := &fileForm{Reader: r, body: body}
	c.Set(formKey, f)
	return f, nil
}

// next is the next part; io.EOF after the last.
func (f *fileForm) next() (*multipart.Part, error) {
	if f.read++; f.read > maxParts {
		return nil, models.Errorf(models.Unprocessed, "The form has more than %d parts.", maxParts)
	}
	f.body.allow(maxPartHead)
	defer f.body.allow(-1)
	p, err := f.NextPart()
	switch {
	case err == io.EOF, models.CodeOf(err) == models.TooLarge:
		return nil, err
	case err != nil:
		return nil, models.Errorf(models.Invalid, "The form broke off on its way; nothing was uploaded. Send it again.").Because(err)
	}
	return p, nil
}

// partText reads a part that is no file.
func partText(p *multipart.Part) (string, error) {
	text, err := io.ReadAll(io.LimitReader(p, maxField+1))
	if err == nil && len(text) > maxField {
		err = models.Errorf(models.TooLarge, "The field %q is too long.", models.FileName(p.FormName()))
	}
	return string(text), err
}

// csrf is the form's token, which must be its first part: nothing else is read
// before it is known to be right.
func (f *fileForm) csrf() (string, error) {
	p, err := f.next()
	if err != nil || p.FormName() != "csrf" || p.FileName() != "" {
		return "", nil //nolint:nilerr // whatever is wrong with it, it is no form of ours
	}
	return partText(p)
}

// addAll adds every file of the form.
func (f *fileForm) addAll(c *gin.Context, up *store.Upload) error {
	for {
		p, err := f.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if p.FileName() == "" { // a field, or no file was chosen
			_, err = partText(p)
		} else {
			err = up.Add(c.Request.Context(), partName(p), p)
		}
		if err != nil {
			return err
		}
	}
}

// partName is a part's file name as it was sent, of which FileName of the standard
// library keeps the last part only.
func partName(p *multipart.Part) string {
	_, params, err := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
	if err != nil || params["filename"] == "" {
		return p.FileName()
	}
	return params["filename"]
}

// bounded ends a body after so many bytes while a part's head is read: Go would
// take 10 MiB of it.
type bounded struct {
	io.ReadCloser
	left int64
	on   bool
}

func (b *bounded) allow(n int64) { b.left, b.on = n, n >= 0 }

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if !b.on {
		return b.ReadCloser.Read(p)
	}
	if b.left <= 0 {
		return 0, models.Errorf(models.TooLarge, "The head of a part of the form is larger than %d KiB.", maxPartHead>>10)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
