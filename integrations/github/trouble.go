package github

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/integrations"
	"throughline/models"
)

// trouble says in plain words why GitHub did not answer a question, and until
// when it wants to be left alone. go-github v62 knows the limits that come as
// 403; 429 is read here.
func trouble(repository string, err error) error {
	var said *models.Error
	if errors.As(err, &said) {
		return err // in words already
	}
	var wish *integrations.RetryAfter
	if errors.As(err, &wish) {
		return wish
	}
	var limit *gogithub.RateLimitError
	if errors.As(err, &limit) {
		return &integrations.RetryAfter{Until: limit.Rate.Reset.Time, Cause: errUsedUp}
	}
	var abuse *gogithub.AbuseRateLimitError
	if errors.As(err, &abuse) {
		return &integrations.RetryAfter{Until: time.Now().Add(max(abuse.GetRetryAfter(), time.Minute)), Cause: errSlower}
	}
	var answer *gogithub.ErrorResponse
	if !errors.As(err, &answer) || answer.Response == nil {
		return err
	}
	switch answer.Response.StatusCode {
	case http.StatusTooManyRequests:
		return &integrations.RetryAfter{Until: time.Now().Add(wait(answer.Response.Header)), Cause: errSlower}
	case http.StatusUnauthorized:
		return models.FieldErrorf(models.Unprocessed, "token", "GitHub does not know the token; it may have expired.").Because(err)
	case http.StatusForbidden, http.StatusNotFound:
		return models.FieldErrorf(models.Unprocessed, "token", "The token may not read %s: give it the permission Pull requests, read-only, for this repository.", repository).Because(err)
	}
	return err
}

// wait is what a Retry-After header asks for, a minute where it says nothing.
func wait(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds <= 0 {
		return time.Minute
	}
	return time.Duration(seconds) * time.Second
}
