package mlflow

import (
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"throughline/integrations"
	"throughline/models"
)

func TestTroubleIsSaidInPlainWords(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"unauthorised": {say(401, "text/plain", "no"), "does not accept the credentials"},
		"host header":  {say(403, "text/plain", "Invalid Host header - possible DNS rebinding attack detected"), "--allowed-hosts"},
		"forbidden":    {say(403, "application/json", `{"error_code":"PERMISSION_DENIED","message":"Permission denied"}`), "Permission denied"},
		"absent":       {say(404, "application/json", `{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"No experiment"}`), "No experiment"},
		"wrong path":   {say(404, "text/html", "<html>nginx"), "path prefix"},
		"broken":       {say(500, "application/json", `{"error_code":"INTERNAL_ERROR","message":"database is locked"}`), "answered 500: database is locked"},
		"sign-in page": {say(200, "text/html", "<html>Sign in"), "web page instead"},
		"page as json": {say(200, "application/json", "\n <!doctype html>"), "web page instead"},
		"cut off":      {say(200, "application/json", `{"experiments":[{"experiment_id":"1"`), "cannot be read"},
		"not ours":     {say(200, "application/json", `[1,2]`), "cannot be read"},
		"slow":         {drip, "did not answer in time"},
		"gigantic":     {say(200, "application/json", strings.Repeat(" ", 2<<20)), "larger than"},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://login.example/", http.StatusFound)
		}, "https://login.example"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLookalike(t)
			l.answer = c.answer
			p := follow(l)
			_, _, err := p.source.Poll(t.Context(), p.account, "")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("said %v, want %q", err, c.want)
			}
			if code := models.CodeOf(err); code != models.Unprocessed && code != models.TooLarge {
				t.Errorf("code %s: a form would show that as our fault", code)
			}
			var wish *integrations.RetryAfter
			if errors.As(err, &wish) {
				t.Errorf("pauses until %v though nobody asked", wish.Until)
			}
		})
	}
}

func TestAnAbsentServerIsSaidInPlainWords(t *testing.T) {
	l := newLookalike(t)
	p := follow(l)
	l.Close()
	err := p.source.Check(t.Context(), p.account)
	if models.CodeOf(err) != models.Unprocessed || !strings.HasPrefix(fmt.Sprint(err), "The server could not be reached") {
		t.Errorf("said %v", err)
	}
}

func say(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func drip(w http.ResponseWriter, r *http.Request) {
	for range 40 {
		if _, err := w.Write([]byte(" ")); err != nil || r.Context().Err() != nil {
			return
		}
		w.(http.Flusher).Flush()
		time.Sleep(20 * time.Millisecond)
	}
}

func TestAWishToBeLeftAloneIsPassedOn(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for wait, want := range map[string]time.Time{"90": now.Add(90 * time.Second), "Sun, 01 Mar 2026 12:05:00 GMT": now.Add(5 * time.Minute)} {
		l := newLookalike(t)
		l.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", wait)
			w.WriteHeader(http.StatusTooManyRequests)
		}
		p := follow(l)
		p.source.Now = func() time.Time { return now }
		_, _, err := p.source.Poll(t.Context(), p.account, "")
		var wish *integrations.RetryAfter
		if !errors.As(err, &wish) || !wish.Until.Equal(want) || models.CodeOf(err) != models.Unprocessed {
			t.Errorf("Retry-After %s: %v", wait, err)
		}
	}
}

func TestCompressedAnswersAreRead(t *testing.T) {
	l := newLookalike(t)
	l.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		fmt.Fprint(z, `{"experiments":[{"experiment_id":"5","name":"packed"}]}`)
	}
	p := follow(l)
	p.poll(t)
	if p.fact(models.Experiment, "5", "name") != "packed" {
		t.Error("the experiment was not read")
	}
}

func TestAServerWithoutRegistryIsFollowed(t *testing.T) {
	l := newLookalike(t)
	l.answer = func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "registered-models") {
			say(404, "application/json", `{"error_code":"ENDPOINT_NOT_FOUND","message":"no"}`)(w, r)
			return
		}
		fmt.Fprint(w, "{}")
	}
	follow(l).poll(t)
}

func TestCredentialsAreSentAsMLflowsClientsDo(t *testing.T) {
	for want, settings := range map[string][]string{
		"Bearer t0k":         {"token", "t0k"},
		"Basic YW5uOnB3":     {"username", "ann", "password", "pw", "token", "t0k"},
		"":                   nil,
		"Basic YW5uOg==":     {"username", "ann"},
		"Bearer with spaces": {"token", "with spaces"},
	} {
		l := newLookalike(t)
		var got string
		l.answer = func(w http.ResponseWriter, r *http.Request) {
			got = r.Header.Get("Authorization")
			fmt.Fprint(w, "{}")
		}
		p := follow(l, settings...)
		if err := p.source.Check(t.Context(), p.account); err != nil || got != want {
			t.Errorf("sent %q, want %q (%v)", got, want, err)
		}
	}
}

func TestWrongSettingsAreNamed(t *testing.T) {
	l := newLookalike(t)
	for setting, value := range map[string]string{"poll_seconds": "1", "experiments": "[a", "repository": "what", "url": "ftp://x"} {
		p := follow(l, setting, value)
		var e *models.Error
		if err := p.source.Check(t.Context(), p.account); !errors.As(err, &e) || e.Field != setting {
			t.Errorf("%s=%q: %v", setting, value, err)
		}
	}
	if len(l.calls) != 0 {
		t.Errorf("asked %v", l.calls)
	}
}

func TestAPathPrefixIsKept(t *testing.T) {
	l := newLookalike(t)
	one(l)
	p := follow(l, "url", l.URL+"/team/mlflow/")
	p.poll(t)
	if l.calls[0] != "/team/mlflow/api/2.0/mlflow/experiments/search" {
		t.Errorf("asked %v", l.calls)
	}
}

func TestThePaceIsTheAccounts(t *testing.T) {
	for text, want := range map[string]time.Duration{"": 15 * time.Second, "60": time.Minute, "0": 15 * time.Second, "1": 2 * time.Second, "-5": 15 * time.Second, "x": 15 * time.Second} {
		a := integrations.Account{Settings: map[string]string{"poll_seconds": text}}
		if got := new(Source).Pace(a); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
