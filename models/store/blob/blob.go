package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// What Put answers besides the storage's own errors.
var (
	ErrTooLarge = errors.New("larger than the limit")
	ErrCut      = errors.New("what was to be kept broke off")
	ErrNoRoom   = errors.New("the storage is full")
)

// Blob is what was put: its id, its length and the sha256 of its bytes in hex.
type Blob struct {
	ID     string
	Size   int64
	SHA256 string
}

// Storage is where bytes are kept. All promises hold for each kind of it, and it is
// safe for concurrent use, also by several programs.
type Storage interface {
	// Put keeps all bytes of r, at most limit, and returns when the storage has them
	// for good. What breaks off, is too large or finds no room leaves nothing.
	Put(ctx context.Context, r io.Reader, limit int64) (Blob, error)
	// Open opens a blob to read from any place in it; fs.ErrNotExist when there is
	// none of that id. The caller closes it before ctx ends.
	Open(ctx context.Context, id string) (io.ReadSeekCloser, error)
	// Delete removes a blob. One that is not there is no error.
	Delete(ctx context.Context, id string) error
	// Sweep removes what broke off while it came in and is older than a moment.
	Sweep(ctx context.Context, before time.Time) error
	// Each calls do with the id of every blob and when it was put, until do fails.
	Each(ctx context.Context, do func(id string, at time.Time) error) error
}

// scheme begins the address of a bucket.
const scheme = "s3://"

// At is the storage at an address: a folder, which the first Put makes, or
// s3://BUCKET/PREFIX?endpoint=…&region=…&path_style=true, of which limit is the
// largest blob.
func At(address string, limit int64) (Storage, error) {
	if strings.HasPrefix(address, scheme) {
		return openBucket(address, limit)
	}
	return New(address), nil
}

// source is what is to be kept. It ends with the context, and says that a failure
// was its own and not the storage's.
type source struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (s source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrCut, err)
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%w: %w", ErrCut, err)
	}
	return n, err
}
