// Package registry hears and asks container registries: distribution (registry:2
// and 3), Harbor, and every other that speaks the distribution API.
//
// # One image, one key
//
// An image is the digest of its manifest: it is the same in every registry, and a
// deployment that names it by digest finds it. Names and tags are facts of it,
// "name.HOST/REPOSITORY" and "tag.HOST/REPOSITORY:TAG".
//
// # From an image to its code
//
// Notifications say nothing of labels. A poll reads the manifest and the image's
// configuration, recomputes their digests, and takes the commit from
// org.opencontainers.image.revision and source: annotations of the index before
// those of the manifest before labels.
//
// # No loop
//
// Reading a manifest makes a registry notify of a pull. Pulls, and pushes of layers,
// leave nothing behind and wake nobody.
//
// The shapes are those of github.com/distribution/distribution (notifications), of
// github.com/goharbor/harbor (src/pkg/notifier/formats) and of
// github.com/opencontainers/image-spec (annotations).
package registry

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// Source is a container registry.
type Source struct {
	// Now is the clock; tests set it.
	Now    func() time.Time
	client *http.Client
}

// New makes the source. The client is the guarded one of integrations/fetch.
func New(client *http.Client) *Source {
	return &Source{Now: time.Now, client: following(client)}
}

// About describes the source.
func (s *Source) About() integrations.About {
	return integrations.About{
		Name: "registry", Title: "Container registry", Auth: integrations.ByToken, MaxBody: 4 << 20,
		Summary: "Images of distribution, Harbor and others: by digest, with their tags and the commit they were built from.",
		Settings: []integrations.Setting{
			{Name: "url", Label: "Registry address", URL: true,
				Help: "To read what images say of themselves: https://registry.example.com. Empty: only what is posted is known, which never names a commit."},
			{Name: "user", Label: "User name", Help: "Empty where the registry may be read by everybody."},
			{Name: "password", Label: "Password or token", Secret: true, Help: "It only reads."},
			{Name: "repositories", Label: "Repositories", Long: true,
				Help: "Of the registry: acme/fraud, acme/ml-*. Patterns, and an empty list, need a registry that lists what it has."},
			{Name: "repository", Label: "Source repository",
				Help: "Of the code, such as github.com/acme/fraud: for images that name a commit and no repository."},
		},
	}
}

// Every is the pause between polls; a push asks at once.
func (s *Source) Every() time.Duration { return 5 * time.Minute }

// Polls tells whether there is an address to ask.
func (s *Source) Polls(a integrations.Account) bool { return a.Get("url") != "" }

// Asks tells that there is a registry to ask.
func (s *Source) Asks(a integrations.Account) bool { return s.Polls(a) }

// Valid refuses settings that can never work.
func (s *Source) Valid(a integrations.Account) error {
	if name := a.Get("repository"); name != "" && models.RepositoryKey(name) == "" {
		return models.FieldErrorf(models.Unprocessed, "repository", "%q is no repository of code; write it as github.com/acme/fraud.", name)
	}
	if a.Get("url") == "" {
		return nil
	}
	base, err := integrations.Base(a.Get("url"))
	if u, _ := url.Parse(base); err == nil && strings.Trim(u.Path, "/") != "" {
		return models.FieldErrorf(models.Unprocessed, "url", "A registry has no path: write %s://%s, and what follows into the repositories.", u.Scheme, u.Host)
	}
	return err
}

// Check asks the registry whether it knows the user.
func (s *Source) Check(ctx context.Context, a integrations.Account) error {
	if err := s.Valid(a); err != nil || a.Get("url") == "" {
		return err
	}
	hub, err := s.open(a)
	if err != nil {
		return err
	}
	return words(hub.Ping(ctx))
}
