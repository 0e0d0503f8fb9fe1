package handlers

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/klauspost/compress/gzip"

	"throughline/integrations"
	"throughline/models"
)

// maxRatio is how much larger a body may become by unpacking, once it is over
// smallBody.
const (
	maxRatio  = 100
	smallBody = 64 << 10
)

// readBody is the whole body, unpacked, at most limit bytes (0: the default).
func readBody(c *gin.Context, limit int64) ([]byte, error) {
	if limit <= 0 {
		limit = integrations.DefaultMaxBody
	}
	tooLarge := models.Errorf(models.TooLarge, "This is larger than the %d bytes that are taken here.", limit)
	if c.Request.ContentLength > limit {
		drain(c.Request.Body)
		return nil, tooLarge
	}
	packed, err := io.ReadAll(io.LimitReader(c.Request.Body, limit+1))
	if over := new(http.MaxBytesError); errors.As(err, &over) || int64(len(packed)) > limit {
		drain(c.Request.Body)
		return nil, tooLarge
	}
	if models.CodeOf(err) == models.Busy {
		return nil, err
	}
	if err != nil {
		return nil, models.Errorf(models.Invalid, "The body ended early after %d bytes: %w", len(packed), err)
	}
	switch encoding := strings.ToLower(strings.TrimSpace(c.GetHeader("Content-Encoding"))); encoding {
	case "", "identity":
		return packed, nil
	case "gzip", "x-gzip":
		return unpack(packed, limit, tooLarge)
	default:
		return nil, models.Errorf(models.Unsupported, "The content encoding %q is not read here; send gzip or none.", encoding)
	}
}

// maxDrained is how much of a refused body is read all the same: many clients send
// the whole of it before they look at the answer, and would only see a cut
// connection.
const maxDrained = 64 << 20

func drain(body io.Reader) { _, _ = io.CopyN(io.Discard, body, maxDrained) }

func unpack(packed []byte, limit int64, tooLarge error) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, models.Errorf(models.Invalid, "The body is not gzip, at offset 0: %w", err)
	}
	limit = min(limit, max(smallBody, int64(len(packed))*maxRatio))
	body, err := io.ReadAll(io.LimitReader(z, limit+1))
	if int64(len(body)) > limit {
		return nil, tooLarge
	}
	if err != nil {
		return nil, models.Errorf(models.Invalid, "The gzip body breaks off after %d bytes: %w", len(body), err)
	}
	return body, nil
}

// deliveryID is the upstream's id of an event, or the sha256 of what it says: so
// that repeats have no second effect even where a source numbers nothing.
func deliveryID(e integrations.Event) string {
	if e.ID != "" {
		return e.ID
	}
	sum := sha256.Sum256(e.Body)
	return "sha256:" + hex.EncodeToString(sum[:])
}
