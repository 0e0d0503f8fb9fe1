package mlflow

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// server is one MLflow server as one account may ask it.
type server struct {
	base      *url.URL
	account   integrations.Account
	workspace string // that is asked; empty: the server's own
	client    *http.Client
	now       func() time.Time
	clock     time.Time // the server's time at its last answer
	asked     int       // calls made
}

func (s *Source) server(a integrations.Account) (*server, error) {
	base, err := url.Parse(strings.TrimRight(strings.TrimSpace(a.Get("url")), "/"))
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, models.FieldErrorf(models.Unprocessed, "url", "The server address must start with http:// or https://.")
	}
	base.RawQuery, base.Fragment = "", ""
	return &server{base: base, account: a, client: s.client, now: s.Now}, nil
}

// page is the address of a page of MLflow's own web interface.
func (s *server) page(segments ...string) string {
	out := s.base.String() + "/#"
	for _, seg := range segments {
		out += "/" + url.PathEscape(seg)
	}
	if s.workspace != "" {
		out += "?workspace=" + url.QueryEscape(s.workspace)
	}
	return out
}

func (s *server) get(ctx context.Context, path string, query url.Values, into any) error {
	return s.call(ctx, http.MethodGet, path+"?"+query.Encode(), nil, into)
}

func (s *server) post(ctx context.Context, path string, body, into any) error {
	return s.send(ctx, http.MethodPost, path, body, into)
}

func (s *server) send(ctx context.Context, method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return s.call(ctx, method, path, text, into)
}

func (s *server) call(ctx context.Context, method, path string, body []byte, into any) error {
	at := s.base.String() + "/api/2.0/mlflow/" + path
	if rest, newer := strings.CutPrefix(path, "/"); newer {
		at = s.base.String() + "/api/3.0/mlflow/" + rest
	}
	s.asked++
	req, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(body))
	if err != nil {
		return models.Errorf(models.Unprocessed, "The server address cannot be asked: %w", err)
	}
	s.sign(req)
	resp, err := s.client.Do(req)
	if err != nil {
		return unanswered(err)
	}
	defer resp.Body.Close()
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		s.clock = date
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return unanswered(err)
	}
	return s.read(resp, text, into)
}

// unanswered is an error of the network, or of the guarded client, in words.
func unanswered(err error) error {
	var known *models.Error
	if errors.As(err, &known) {
		return known
	}
	return models.Errorf(models.Unprocessed, "%s", integrations.Words(err))
}

func (s *server) sign(r *http.Request) {
	r.Header.Set("Accept", "application/json")
	if s.workspace != "" {
		r.Header.Set("X-MLFLOW-WORKSPACE", s.workspace)
	}
	if r.Method != http.MethodGet {
		r.Header.Set("Content-Type", "application/json")
	}
	if user := s.account.Get("username"); user != "" {
		r.SetBasicAuth(user, s.account.Get("password"))
	} else if token := s.account.Get("token"); token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
}

// read decodes a good answer and says in words what is wrong with another.
func (s *server) read(resp *http.Response, text []byte, into any) error {
	if resp.StatusCode != http.StatusOK {
		return s.refusal(resp, text)
	}
	if isPage(resp, text) {
		return models.Errorf(models.Unprocessed, "%s answered with a web page instead of MLflow's API. Is the address right, or does a sign-in page stand in front of it?", s.base.Host)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return models.Errorf(models.Unprocessed, "The answer of %s cannot be read: it is cut off or not from MLflow: %w", s.base.Host, err)
	}
	return nil
}

func isPage(resp *http.Response, text []byte) bool {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return kind == "text/html" || bytes.HasPrefix(bytes.TrimSpace(text), []byte("<"))
}

// problem is MLflow's form of an error.
type problem struct {
	Code    text `json:"error_code"`
	Message text `json:"message"`
}

func (s *server) refusal(resp *http.Response, body []byte) error {
	var p problem
	_ = json.Unmarshal(body, &p)
	said := integrations.Cut(cmp.Or(string(p.Message), string(p.Code)), 200)
	err := &refused{code: string(p.Code), words: s.words(resp.StatusCode, body, said)}
	if wait := resp.Header.Get("Retry-After"); wait != "" {
		if until, ok := retryAfter(wait, s.now()); ok {
			return &integrations.RetryAfter{Until: until, Cause: err}
		}
	}
	return err
}

// refused keeps MLflow's own error code beside the words for people.
type refused struct {
	code  string
	words *models.Error
}

// Error is the words for people.
func (r *refused) Error() string { return r.words.Message }

// Unwrap is the error with the words.
func (r *refused) Unwrap() error { return r.words }

func (s *server) words(status int, body []byte, said string) *models.Error {
	host := s.base.Host
	if said != "" {
		said = ": " + said
	}
	switch {
	case bytes.Contains(body, []byte(`"FEATURE_DISABLED"`)) && s.workspace != "", status == 503 && bytes.Contains(body, []byte("--enable-workspaces")):
		return models.FieldErrorf(models.Unprocessed, "workspaces", "MLflow at %s has no workspaces: leave the field empty, or start it with --enable-workspaces.", host)
	case status == 401:
		return models.Errorf(models.Unprocessed, "MLflow at %s does not accept the credentials (401). Check the token, or the user name and password.", host)
	case status == 403 && bytes.Contains(body, []byte("Invalid Host header")):
		return models.Errorf(models.Unprocessed, "MLflow at %s refuses to be called by that name. Start it with --allowed-hosts %s (MLflow 3.5 and newer protect themselves this way).", host, host)
	case status == 403:
		return models.Errorf(models.Unprocessed, "MLflow at %s does not allow this account to read (403)%s.", host, said)
	case status == 404:
		return models.Errorf(models.Unprocessed, "There is no such thing at %s (404)%s. Does the address lack a path prefix?", s.base.Redacted(), said)
	case status == 429:
		return models.Errorf(models.Unprocessed, "MLflow at %s asks for fewer calls (429).", host)
	case status >= 300 && status < 400:
		return models.Errorf(models.Unprocessed, "%s sends callers elsewhere (%d). Enter the final address.", host, status)
	}
	return models.Errorf(models.Unprocessed, "MLflow at %s answered %d%s.", host, status, said)
}

func retryAfter(text string, now time.Time) (time.Time, bool) {
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		return now.Add(time.Duration(min(seconds, 7*24*60*60)) * time.Second), true
	}
	at, err := http.ParseTime(text)
	return at, err == nil
}
