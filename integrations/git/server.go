package git

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"

	"throughline/integrations"
	"throughline/models"
)

// server is one repository that is asked.
type server struct {
	client  *http.Client
	account integrations.Account
	base    string // the address, after redirects within its own origin
	filter  bool   // it can leave data out
	long    bool   // it names objects by SHA-256
}

// ref is where a branch or tag stands.
type ref struct{ name, sha string }

// open finds out what a server can do.
func (s *Source) open(ctx context.Context, a integrations.Account) (*server, error) {
	out := &server{client: s.client, account: a, base: strings.TrimRight(a.Get("url"), "/")}
	resp, err := out.do(ctx, http.MethodGet, "/info/refs?service=git-upload-pack", nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if at := resp.Request.URL; at != nil {
		moved := *at
		moved.Path, moved.RawPath, moved.RawQuery = strings.TrimSuffix(moved.Path, "/info/refs"), "", ""
		out.base = moved.String()
	}
	return out, out.abilities(newLines(resp.Body))
}

// abilities reads a server's greeting.
func (s *server) abilities(l *lines) error {
	second := false
	for {
		line, ok, err := l.text()
		if err == io.EOF && second {
			return nil
		}
		if err == io.EOF {
			return models.Errorf(models.Unprocessed, "This server does not speak version 2 of Git's protocol over HTTP. Let its hook tell of pushes instead.")
		}
		if err != nil {
			return err
		}
		key, value, _ := strings.Cut(line, "=")
		switch {
		case !ok:
		case line == "version 2":
			second = true
		case key == "fetch":
			s.filter = strings.Contains(" "+value+" ", " filter ")
		case key == "object-format":
			s.long = value == "sha256"
		}
	}
}

// command begins a request.
func (s *server) command(name string) *request {
	r := &request{}
	r.line("command=%s", name)
	if s.long {
		r.line("object-format=sha256")
	}
	_, _ = r.WriteString(delimLine)
	return r
}

// maxRefs is how many branches and tags of a repository are followed.
const maxRefs = 2000

// listing is what a server says of its branches and tags.
type listing struct {
	head string // the name of the default branch's ref
	refs []ref  // tags by the commit they stand on
	more bool   // there are more than are followed
}

// refs lists the branches and tags that the account follows.
func (s *server) refs(ctx context.Context) (out listing, err error) {
	r := s.command("ls-refs")
	for _, line := range []string{"peel", "symrefs", "ref-prefix HEAD", "ref-prefix " + branchRefs, "ref-prefix " + tagRefs} {
		r.line("%s", line)
	}
	l, done, err := s.ask(ctx, r)
	if err != nil {
		return out, err
	}
	defer done()
	for {
		line, ok, err := l.text()
		if err != nil || !ok {
			return out, whole(err)
		}
		out.add(s.account, line)
	}
}

// whole turns the end of an answer that should have gone on into words.
func whole(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errCut
	}
	return err
}

// add reads "SHA refs/tags/v1 peeled:SHA".
func (l *listing) add(a integrations.Account, line string) {
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return
	}
	one := ref{name: fields[1], sha: fields[0]}
	for _, extra := range fields[2:] {
		if target, ok := strings.CutPrefix(extra, "symref-target:"); ok && one.name == "HEAD" {
			l.head = target
		}
		if commit, ok := strings.CutPrefix(extra, "peeled:"); ok {
			one.sha = commit
		}
	}
	switch {
	case !isName(one.sha) || len(one.name) > maxRef || !wanted(a, one.name):
	case len(l.refs) == maxRefs:
		l.more = true
	default:
		l.refs = append(l.refs, one)
	}
}

// commits are the commits that lead to wants and not to haves; depth bounds how
// far back, 0 does not.
func (s *server) commits(ctx context.Context, wants, haves []string, depth int) ([]commit, error) {
	r := s.command("fetch")
	r.line("ofs-delta")
	r.line("no-progress")
	if s.filter {
		r.line("filter tree:0")
	}
	if depth > 0 {
		r.line("deepen %d", depth)
	}
	for _, sha := range wants {
		r.line("want %s", sha)
	}
	for _, sha := range haves {
		r.line("have %s", sha)
	}
	r.line("done")
	l, done, err := s.ask(ctx, r)
	if err != nil {
		return nil, err
	}
	defer done()
	for {
		line, ok, err := l.text()
		if err != nil {
			return nil, whole(err)
		}
		if ok && line == "packfile" {
			return readPack(&band{lines: l}, s.long)
		}
	}
}

// ask posts a request; done closes the answer.
func (s *server) ask(ctx context.Context, r *request) (l *lines, done func(), err error) {
	_, _ = r.WriteString(flushLine)
	resp, err := s.do(ctx, http.MethodPost, "/git-upload-pack", r.Bytes())
	if err != nil {
		return nil, nil, err
	}
	return newLines(resp.Body), func() { _ = resp.Body.Close() }, nil
}

func (s *server) do(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, models.FieldErrorf(models.Unprocessed, "url", "That is not the address of a repository.")
	}
	r.Header.Set("Git-Protocol", "version=2")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-git-upload-pack-request")
		r.Header.Set("Accept", "application/x-git-upload-pack-result")
	}
	if secret := s.account.Get("password"); secret != "" {
		r.SetBasicAuth(s.account.Get("username"), secret)
	}
	resp, err := s.client.Do(r) // #nosec G704 -- the guarded client judges the address
	if err != nil {
		return nil, err
	}
	if err := answered(resp); err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

// answered says in words what a status means.
func answered(resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return models.Errorf(models.Unprocessed, "The server wants another user name and password (%s).", resp.Status)
	case http.StatusNotFound:
		return models.Errorf(models.Unprocessed, "There is no repository at this address, or it is not shown to this user.")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return later(resp)
	}
	return models.Errorf(models.Unprocessed, "The server answered %s.", resp.Status)
}
