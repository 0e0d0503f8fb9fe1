package registry

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"

	"throughline/integrations"
	"throughline/models"
)

// largest is how much is read of a manifest or a configuration, in bytes: what
// distribution itself allows.
const largest = 4 << 20

// following is the guarded client, but one that is led to where a registry keeps its
// blobs, which is mostly another host. Each address is judged again when it is
// dialled; net/http leaves the credential behind.
func following(guarded *http.Client) *http.Client {
	if guarded == nil {
		return nil
	}
	c := *guarded
	c.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if len(via) > 3 || via[0].URL.Scheme == "https" && r.URL.Scheme != "https" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &c
}

// open is the account's registry.
func (s *Source) open(a integrations.Account) (*remote.Registry, error) {
	base, err := integrations.Base(a.Get("url"))
	if err != nil {
		return nil, err
	}
	scheme, host, _ := strings.Cut(base, "://")
	hub, err := remote.NewRegistry(host)
	if err != nil {
		return nil, models.FieldErrorf(models.Unprocessed, "url", "%q is no address of a registry.", base)
	}
	client := &auth.Client{Client: s.client, Cache: auth.NewCache(), BlockedRealmPrefixes: []netip.Prefix{}} // the guarded client judges them
	client.SetUserAgent("Throughline")
	if a.Get("user") != "" || a.Get("password") != "" {
		client.Credential = auth.StaticCredential(host, auth.Credential{Username: a.Get("user"), Password: a.Get("password")})
	}
	hub.PlainHTTP, hub.Client, hub.MaxMetadataBytes, hub.TagListPageSize, hub.RepositoryListPageSize = scheme == "http", client, largest, 200, 200
	return hub, nil
}

// read is the JSON of a manifest or a configuration whose digest was recomputed.
func read(ctx context.Context, from content.Fetcher, what ocispec.Descriptor, into any) error {
	if what.Size > largest {
		return models.Errorf(models.Unprocessed, "The manifest %s is larger than %d MiB.", models.ShortDigest(string(what.Digest)), largest>>20)
	}
	text, err := content.FetchAll(ctx, from, what)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return models.Errorf(models.Unprocessed, "The manifest %s cannot be read: %w", models.ShortDigest(string(what.Digest)), err)
	}
	return nil
}

// words are an error of the registry in words that say what to do.
func words(err error) error {
	var refused *errcode.ErrorResponse
	var known *models.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, auth.ErrBasicCredentialNotFound):
		return models.Errorf(models.Unprocessed, "The registry asks who you are. Enter a user name and a password.")
	case errors.Is(err, errdef.ErrNotFound):
		return models.Errorf(models.NotFound, "There is no such thing at the registry.")
	case !errors.As(err, &refused):
		return models.Errorf(models.Unprocessed, "%s", integrations.Words(inner(err)))
	case refused.StatusCode == http.StatusTooManyRequests || refused.StatusCode == http.StatusServiceUnavailable:
		return &integrations.RetryAfter{Until: time.Now().Add(time.Minute), Cause: models.Errorf(models.Busy, "The registry asks for fewer calls (%d).", refused.StatusCode)}
	case refused.StatusCode == http.StatusUnauthorized:
		return models.Errorf(models.Unprocessed, "The registry does not accept the user name and the password (401).")
	case refused.StatusCode == http.StatusForbidden:
		return models.Errorf(models.Forbidden, "The registry does not allow this account to read (403).")
	case refused.StatusCode == http.StatusNotFound:
		return models.Errorf(models.NotFound, "There is no such thing at the registry (404). Is the address that of a registry?")
	}
	return models.Errorf(models.Unprocessed, "The registry answered %d.", refused.StatusCode)
}

// inner is an error without the address that net/http puts in front of it.
func inner(err error) error {
	var sent *url.Error
	if errors.As(err, &sent) {
		return sent.Err
	}
	return err
}

// absent tells that there is no such repository, tag, manifest or blob.
func absent(err error) bool {
	var refused *errcode.ErrorResponse
	return errors.Is(err, errdef.ErrNotFound) || errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound
}

// denied tells that one repository may not be read, which says nothing of others.
func denied(err error) bool {
	var refused *errcode.ErrorResponse
	return errors.As(err, &refused) && (refused.StatusCode == http.StatusUnauthorized || refused.StatusCode == http.StatusForbidden)
}

// passing tells that an error is not of the image that was read, and trying again
// may help: the network's, or a registry that is busy.
func passing(err error) bool {
	var refused *errcode.ErrorResponse
	var known *models.Error
	if errors.As(err, &refused) {
		return refused.StatusCode == http.StatusTooManyRequests || refused.StatusCode >= 500
	}
	verified := errors.Is(err, content.ErrMismatchedDigest) || errors.Is(err, content.ErrTrailingData) || errors.Is(err, content.ErrInvalidDescriptorSize)
	return !verified && !absent(err) && !(errors.As(err, &known) && known.Code == models.Unprocessed)
}
