package blob

import (
	"context"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// Sweep implements Storage.
func (b *Bucket) Sweep(ctx context.Context, before time.Time) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing
	for upload := range b.core.ListIncompleteUploads(ctx, b.bucket, b.prefix, true) {
		if upload.Err != nil {
			return storageError(upload.Err)
		}
		if !Valid(strings.TrimPrefix(upload.Key, b.prefix)) || !upload.Initiated.Before(before) {
			continue
		}
		if err := b.core.AbortMultipartUpload(ctx, b.bucket, upload.Key, upload.UploadID); err != nil {
			return storageError(err)
		}
	}
	return nil
}

// Each implements Storage.
func (b *Bucket) Each(ctx context.Context, do func(id string, at time.Time) error) error {
	for object := range b.core.ListObjectsIter(ctx, b.bucket, minio.ListObjectsOptions{Prefix: b.prefix, Recursive: true}) {
		if object.Err != nil {
			return storageError(object.Err)
		}
		id := strings.TrimPrefix(object.Key, b.prefix)
		if !Valid(id) {
			continue
		}
		if err := do(id, object.LastModified); err != nil {
			return err
		}
	}
	return ctx.Err()
}
