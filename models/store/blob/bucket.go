package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"sync"

	"github.com/minio/minio-go/v7"
)

// The parts in which bytes go to a bucket: as many as S3 takes at most, and no
// smaller than this. One part of each upload is in memory.
const (
	partsAtMost = 10_000
	leastPart   = 8 << 20
	smallPart   = 1 << 20 // most blobs are no larger
)

// Bucket keeps blobs in S3-compatible storage.
type Bucket struct {
	core   minio.Core
	bucket string
	prefix string
	part   int64
	parts  sync.Pool // of buffers for one part
}

func openBucket(text string, limit int64) (*Bucket, error) {
	a, err := readAddress(text)
	if err != nil {
		return nil, err
	}
	client, err := minio.New(a.host, &minio.Options{Creds: credential(), Secure: a.secure, Region: a.region, BucketLookup: a.lookup, MaxRetries: 4})
	if err != nil {
		return nil, fmt.Errorf("open the bucket %s: %w", a.bucket, err)
	}
	b := &Bucket{core: minio.Core{Client: client}, bucket: a.bucket, prefix: a.prefix, part: max(leastPart, limit/(partsAtMost-1)+1)}
	b.parts.New = func() any { return bytes.NewBuffer(nil) }
	return b, nil
}

// Put implements Storage. A blob of one part goes in one request. A larger one is
// seen only when its last part is there and all of them are put together.
func (b *Bucket) Put(ctx context.Context, r io.Reader, limit int64) (Blob, error) {
	p := &putting{Bucket: b, from: io.LimitReader(source{ctx, r}, limit+1), limit: limit, blob: Blob{ID: newID()}, hash: sha256.New()}
	p.ctx = context.WithoutCancel(ctx) // what was begun is put away, whoever has left; the source ends with ctx
	buffer := b.parts.Get().(*bytes.Buffer)
	defer b.parts.Put(buffer)
	if err := p.all(buffer); err != nil {
		p.drop()
		return Blob{}, storageError(err)
	}
	p.blob.SHA256 = hex.EncodeToString(p.hash.Sum(nil))
	return p.blob, nil
}

// putting is one blob on its way.
type putting struct {
	*Bucket
	ctx    context.Context
	from   io.Reader
	limit  int64
	blob   Blob
	hash   hash.Hash
	upload string // of several parts
	done   []minio.CompletePart
}

func (p *putting) all(buffer *bytes.Buffer) error {
	for {
		last, err := p.fill(buffer)
		switch {
		case err != nil:
			return err
		case last && p.upload == "":
			return p.whole(buffer)
		}
		if err := p.one(buffer); err != nil {
			return err
		}
		if last {
			return p.complete()
		}
	}
}

// fill reads the next part; last tells that there is no more after it.
func (p *putting) fill(buffer *bytes.Buffer) (last bool, err error) {
	buffer.Reset()
	to := io.MultiWriter(buffer, p.hash)
	n, err := io.CopyN(to, p.from, smallPart)
	if err == nil {
		var more int64
		buffer.Grow(int(p.part - n)) // at once: growing by and by takes twice as much
		more, err = io.CopyN(to, p.from, p.part-n)
		n += more
	}
	if p.blob.Size += n; p.blob.Size > p.limit {
		return false, ErrTooLarge
	}
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	return false, err
}

// whole sends a blob of one part. Nothing is not signed: the signature of a body
// comes in chunks, and there are servers that leave the one of an empty body unread
// and take it for the next request.
func (p *putting) whole(buffer *bytes.Buffer) error {
	_, err := p.core.Client.PutObject(p.ctx, p.bucket, p.name(p.blob.ID), bytes.NewReader(buffer.Bytes()), int64(buffer.Len()),
		minio.PutObjectOptions{DisableMultipart: true, DisableContentSha256: buffer.Len() == 0})
	return err
}

func (p *putting) one(buffer *bytes.Buffer) (err error) {
	if p.upload == "" {
		if p.upload, err = p.core.NewMultipartUpload(p.ctx, p.bucket, p.name(p.blob.ID), minio.PutObjectOptions{}); err != nil {
			return err
		}
	}
	if buffer.Len() == 0 { // the part before was the last, and a full one
		return nil
	}
	part, err := p.core.PutObjectPart(p.ctx, p.bucket, p.name(p.blob.ID), p.upload, len(p.done)+1, bytes.NewReader(buffer.Bytes()), int64(buffer.Len()), minio.PutObjectPartOptions{})
	p.done = append(p.done, minio.CompletePart{PartNumber: part.PartNumber, ETag: part.ETag})
	return err
}

func (p *putting) complete() error {
	_, err := p.core.CompleteMultipartUpload(p.ctx, p.bucket, p.name(p.blob.ID), p.upload, p.done, minio.PutObjectOptions{})
	return err
}

// drop gives the parts back that came; the sweep does where this fails.
func (p *putting) drop() {
	if p.upload != "" {
		_ = p.core.AbortMultipartUpload(p.ctx, p.bucket, p.name(p.blob.ID), p.upload)
	}
}

// Open implements Storage.
func (b *Bucket) Open(ctx context.Context, id string) (io.ReadSeekCloser, error) {
	if !Valid(id) {
		return nil, fs.ErrNotExist
	}
	object, err := b.core.Client.GetObject(ctx, b.bucket, b.name(id), minio.GetObjectOptions{})
	if err != nil {
		return nil, storageError(err)
	}
	if _, err := object.Stat(); err != nil {
		_ = object.Close()
		return nil, storageError(err)
	}
	return object, nil
}

// Delete implements Storage.
func (b *Bucket) Delete(ctx context.Context, id string) error {
	if !Valid(id) {
		return nil
	}
	if err := storageError(b.core.RemoveObject(ctx, b.bucket, b.name(id), minio.RemoveObjectOptions{})); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (b *Bucket) name(id string) string { return b.prefix + id }

// storageError says in our words what has them.
func storageError(err error) error {
	var answer minio.ErrorResponse
	if err == nil || !errors.As(err, &answer) {
		return err
	}
	switch {
	case answer.Code == minio.NoSuchKey:
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	case answer.StatusCode == http.StatusInsufficientStorage, answer.Code == "QuotaExceeded", answer.Code == "XMinioStorageFull":
		return fmt.Errorf("%w: %w", ErrNoRoom, err)
	}
	return fmt.Errorf("the bucket answers %s: %w", answer.Code, err)
}
