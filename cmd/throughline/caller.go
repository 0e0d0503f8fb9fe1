package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// remote says which hub a command talks to, and as whom.
type remote struct {
	URL   string `setting:"" placeholder:"URL" help:"Address of the hub: https://throughline.example.com."`
	Token string `setting:"" hidden:""` // by its variable: a command line can be read by others
	Wait  string `default:"30s" placeholder:"DURATION" help:"How long to try again while the hub cannot be reached or is busy; 0s tries once."`
}

// credential says where the credential comes from.
func (remote) credential() string {
	return "The token comes from THROUGHLINE_TOKEN, the hub's address from --url or THROUGHLINE_URL."
}

// caller asks one hub, again where that may help.
type caller struct {
	app     *app
	root    *url.URL
	token   string
	wait    time.Duration
	client  *http.Client
	between time.Duration // before the second try; it doubles
}

// caller checks the settings; all that is wrong is said at once.
func (r remote) caller(a *app) (*caller, error) {
	var w wrong
	root, err := url.Parse(strings.TrimRight(r.URL, "/"))
	if err != nil || root.Host == "" || root.Scheme != "http" && root.Scheme != "https" || root.User != nil {
		w.add("url", "%q is not the address of a hub, such as https://throughline.example.com.", r.URL)
	}
	if r.Token == "" {
		w.say("%s is empty: set it to a token of the hub.", variable("token"))
	}
	wait, err := time.ParseDuration(r.Wait)
	if err != nil || wait < 0 || wait > time.Hour {
		w.say("--wait: %q is not a duration from 0s to 1h, such as 30s.", r.Wait)
	}
	// A redirect would turn a post into a question, and might lead elsewhere with the token.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &caller{app: a, root: root, token: strings.TrimSpace(r.Token), wait: wait, between: 500 * time.Millisecond,
		client: &http.Client{Timeout: 30 * time.Second, CheckRedirect: stay}}, w.err()
}

// answered is what a hub said.
type answered struct {
	Status int
	Header http.Header
	Body   []byte
}

// call sends until there is an answer that trying again would not change, or the
// time is over. What is sent must be safe to send twice.
func (c *caller) call(method, address, media string, body []byte) (answered, error) {
	for deadline, pause := time.Now().Add(c.wait), c.between; ; pause *= 2 {
		out, err := c.once(method, address, media, body)
		if err == nil && !passing(out.Status) {
			return out, c.problem(out)
		}
		if after := out.retryAfter(); after > pause {
			pause = after
		}
		if time.Now().Add(pause).After(deadline) {
			return out, errors.Join(err, c.problem(out))
		}
		select {
		case <-c.app.ctx.Done():
			return out, c.app.ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (c *caller) once(method, address, media string, body []byte) (out answered, err error) {
	request, err := http.NewRequestWithContext(c.app.ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Accept", "application/json")
	if media != "" {
		request.Header.Set("Content-Type", media)
	}
	answer, err := c.client.Do(request)
	if err != nil {
		return out, fmt.Errorf("%s could not be asked: %w", c.root.Host, err)
	}
	defer answer.Body.Close()
	out.Status, out.Header = answer.StatusCode, answer.Header
	out.Body, err = io.ReadAll(io.LimitReader(answer.Body, 8<<20))
	return out, err
}

// passing are the answers after which trying again is worth while.
func passing(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500 && status != http.StatusNotImplemented
}

func (a answered) retryAfter() time.Duration {
	seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// problem is what the hub has against a call, in its own words; nil if nothing.
func (c *caller) problem(a answered) error {
	switch {
	case a.Status == 0 || a.Status < 300:
		return nil
	case a.Status < 400:
		return fmt.Errorf("%s answers from elsewhere: set the address to %s", c.root.Host, a.Header.Get("Location"))
	}
	var said struct {
		Title, Detail string
	}
	if json.Unmarshal(a.Body, &said) != nil || said.Detail == "" {
		said.Detail = strings.TrimSpace(said.Title + " " + http.StatusText(a.Status))
	}
	return fmt.Errorf("%s answers %d: %s", c.root.Host, a.Status, said.Detail)
}

// below is an address of the hub, each part a segment of it.
func (c *caller) below(parts ...string) string {
	out := strings.TrimRight(c.root.String(), "/")
	for _, part := range parts {
		out += "/" + url.PathEscape(part)
	}
	return out
}
