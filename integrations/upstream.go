package integrations

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"throughline/models"
)

// Upstream is the JSON API of an upstream, as one account may ask it.
type Upstream struct {
	Client *http.Client // the guarded one
	Base   string       // what every path is put behind; no slash at its end
	Title  string       // "Jenkins", in the words of problems
	Sign   func(*http.Request)
	Clock  time.Time // the upstream's own, at its last answer; zero while it told none
	Asked  int       // calls made
}

// Base is an upstream's address as a setting holds it, fit for paths to be put behind.
func Base(raw string) (string, error) {
	u, err := url.Parse(strings.TrimRight(strings.TrimSpace(raw), "/"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", models.FieldErrorf(models.Unprocessed, "url", "The address must start with http:// or https://.")
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String(), nil
}

// UpstreamRefused is an answer other than 2xx. Its words are in the chain.
type UpstreamRefused struct {
	Status int
	words  error
}

// Error is the words for people.
func (r *UpstreamRefused) Error() string { return r.words.Error() }

// Unwrap is the error with the words.
func (r *UpstreamRefused) Unwrap() error { return r.words }

// IsAbsent tells whether an upstream answered that there is no such thing.
func IsAbsent(err error) bool {
	var refused *UpstreamRefused
	return errors.As(err, &refused) && (refused.Status == http.StatusNotFound || refused.Status == http.StatusGone)
}

// Get reads the JSON at a path, which is escaped already and may hold a query.
// Errors are a RetryAfter, an UpstreamRefused or a models.Error, in words.
func (u *Upstream) Get(ctx context.Context, path string, into any) error {
	return u.Send(ctx, http.MethodGet, path, "", nil, into)
}

// Send calls a path with a body of a media type, and reads the JSON of the answer.
func (u *Upstream) Send(ctx context.Context, method, path, media string, body []byte, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, u.Base+path, bytes.NewReader(body))
	if err != nil {
		return models.Errorf(models.Unprocessed, "The address of %s cannot be asked: %w", u.Title, err)
	}
	req.Header.Set("Accept", "application/json")
	if media != "" {
		req.Header.Set("Content-Type", media)
	}
	if u.Sign != nil {
		u.Sign(req)
	}
	u.Asked++
	resp, err := u.Client.Do(req)
	if err != nil {
		return unanswered(err)
	}
	defer resp.Body.Close()
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		u.Clock = date
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return unanswered(err)
	}
	return u.read(resp, text, into)
}

func unanswered(err error) error {
	var known *models.Error
	if errors.As(err, &known) {
		return known
	}
	return models.Errorf(models.Unprocessed, "%s", Words(err))
}

func (u *Upstream) read(resp *http.Response, text []byte, into any) error {
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return u.refusal(resp)
	}
	if into == nil {
		return nil
	}
	if text = bytes.TrimSpace(text); bytes.HasPrefix(text, []byte("<")) {
		return models.Errorf(models.Unprocessed, "%s answered with a web page instead of its API. Is the address right, or does a sign-in page stand in front of it?", u.Title)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return models.Errorf(models.Unprocessed, "The answer cannot be read: it is cut off or not from %s: %w", u.Title, err)
	}
	return nil
}

func (u *Upstream) refusal(resp *http.Response) error {
	err := &UpstreamRefused{resp.StatusCode, u.words(resp.StatusCode)}
	until, asked := retryTime(resp.Header.Get("Retry-After"), time.Now())
	switch {
	case asked && (resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500):
		return &RetryAfter{Until: until, Cause: err}
	case resp.StatusCode == http.StatusTooManyRequests:
		return &RetryAfter{Until: time.Now().Add(time.Minute), Cause: err}
	}
	return err
}

func (u *Upstream) words(status int) error {
	switch {
	case status == 401:
		return models.Errorf(models.Unprocessed, "%s does not accept the credentials (401). Check the user name and the token.", u.Title)
	case status == 403:
		return models.Errorf(models.Forbidden, "%s does not allow this account to read (403).", u.Title)
	case status == 404:
		return models.Errorf(models.NotFound, "There is no such thing at %s (404). Is the address whole, with its path?", u.Title)
	case status == 429:
		return models.Errorf(models.Busy, "%s asks for fewer calls (429).", u.Title)
	case status >= 300 && status < 400:
		return models.Errorf(models.Unprocessed, "%s sends callers elsewhere (%d). Enter the final address.", u.Title, status)
	}
	return models.Errorf(models.Unprocessed, "%s answered %d.", u.Title, status)
}

// retryTime reads Retry-After: seconds or a date.
func retryTime(text string, now time.Time) (time.Time, bool) {
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		return now.Add(time.Duration(min(seconds, 7*24*60*60)) * time.Second), true
	}
	at, err := http.ParseTime(text)
	return at, err == nil
}
