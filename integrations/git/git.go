// Package git hears and asks Git repositories that no forge looks after: a
// post-receive hook posts what was pushed, and a poll asks the server for what
// the hook did not say.
//
// # Asking
//
// The poll speaks version 2 of Git's own protocol over HTTP by the guarded
// client, without the git program: nothing is run, nothing is written to disk,
// and the addresses that may not be asked are judged as for every other source.
// It asks for commits alone (filter tree:0), so that data and code are not
// transferred. Addresses of other kinds (ssh, file) are refused: such a
// repository is told by its hook.
//
// # Keys and times
//
// A commit is keyed by its repository, "git.example.com/acme/fraud@SHA"; its sha
// is recomputed from its bytes. It is told at its committer's time, where
// branches stand at the time of the push or of the read, so that any order of
// arrival ends in one state.
package git

import (
	"context"
	"net/http"
	"path"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// Source is plain Git.
type Source struct {
	// Now is the clock; tests set it.
	Now    func() time.Time
	client *http.Client
}

// New makes the source. The client is the guarded one of integrations/fetch.
func New(client *http.Client) *Source { return &Source{Now: time.Now, client: client} }

// maxBody is the largest post: the hook sends at most 200 commits.
const maxBody = 4 << 20

// About describes the source.
func (s *Source) About() integrations.About {
	return integrations.About{
		Name: "git", Title: "Git", Auth: integrations.BySignature, MaxBody: maxBody,
		Summary: "Commits, branches and tags of repositories without a forge, and the reviews in their trailers.",
		Settings: []integrations.Setting{
			{Name: "url", Label: "Repository address", URL: true,
				Help: "To ask the repository: https://git.example.com/acme/fraud.git. Empty: only the hook tells."},
			{Name: "repository", Label: "Known as",
				Help: "The repository's name in Throughline, such as git.example.com/acme/fraud. Empty: it follows from the address, or from what the hook says."},
			{Name: "branches", Label: "Branches",
				Help: "Only these, separated by commas: main, release/*. Empty means all."},
			{Name: "secret", Label: "Hook secret", Secret: true, Made: true,
				Help: "Signs what the hook posts. Empty: one is made up. Two, separated by a comma, while you change it."},
			{Name: "username", Label: "User name", Help: "For repositories that ask who reads them."},
			{Name: "password", Label: "Password or token", Secret: true},
		},
	}
}

const pollPause = time.Minute

// Every is the pause between polls.
func (s *Source) Every() time.Duration { return pollPause }

// Polls tells whether there is an address to ask.
func (s *Source) Polls(a integrations.Account) bool { return a.Get("url") != "" }

// Valid refuses settings that can never work.
func (s *Source) Valid(a integrations.Account) error {
	for _, pattern := range patterns(a) {
		if _, err := path.Match(pattern, ""); err != nil {
			return models.FieldErrorf(models.Unprocessed, "branches", "%q is no pattern of branches.", pattern)
		}
	}
	if name := a.Get("repository"); name != "" && models.RepositoryKey(name) == "" {
		return models.FieldErrorf(models.Unprocessed, "repository", "%q is no repository; write it as git.example.com/acme/fraud.", name)
	}
	address := a.Get("url")
	if address != "" && !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
		return models.FieldErrorf(models.Unprocessed, "url", "Only http and https addresses can be asked. For ssh or a folder, leave the address empty and install the hook.")
	}
	if address != "" && repositoryOf(a) == "" {
		return models.FieldErrorf(models.Unprocessed, "repository", "Say what the repository is called, such as git.example.com/acme/fraud: the address does not tell.")
	}
	return nil
}

// Check asks the repository for its branches.
func (s *Source) Check(ctx context.Context, a integrations.Account) error {
	if err := s.Valid(a); err != nil || a.Get("url") == "" {
		return err
	}
	server, err := s.open(ctx, a)
	if err != nil {
		return err
	}
	_, err = server.refs(ctx)
	return err
}

// repositoryOf is the key of the account's one repository, empty when its hook
// speaks for several.
func repositoryOf(a integrations.Account) string {
	if name := a.Get("repository"); name != "" {
		return models.RepositoryKey(name)
	}
	return models.RepositoryKey(a.Get("url"))
}

func patterns(a integrations.Account) []string {
	split := func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' }
	return strings.FieldsFunc(a.Get("branches"), split)
}

const (
	branchRefs = "refs/heads/"
	tagRefs    = "refs/tags/"
)

// wanted tells whether the account follows a ref: all tags, and the branches that
// its patterns name; * crosses slashes.
func wanted(a integrations.Account, ref string) bool {
	branch, ok := strings.CutPrefix(ref, branchRefs)
	if !ok {
		return strings.HasPrefix(ref, tagRefs) && len(ref) > len(tagRefs)
	}
	list := patterns(a)
	for _, pattern := range list {
		flat := func(s string) string { return strings.ReplaceAll(s, "/", "\x01") }
		if ok, _ := path.Match(flat(pattern), flat(branch)); ok {
			return true
		}
	}
	return len(list) == 0 && branch != ""
}
