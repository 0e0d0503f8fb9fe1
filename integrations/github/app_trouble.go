package github

import (
	"errors"
	"net/http"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	gogithub "github.com/google/go-github/v62/github"

	"throughline/integrations"
	"throughline/models"
)

// trouble says in words why there is no token.
func (a *app) trouble(err error) error {
	var answer *ghinstallation.HTTPError
	if !errors.As(err, &answer) || answer.Response == nil {
		return err
	}
	defer func() { _ = answer.Response.Body.Close() }()
	return appRefusal(answer.Response, err)
}

// appTrouble says in words why GitHub did not answer the App itself.
func appTrouble(err error) error {
	var answer *gogithub.ErrorResponse
	if errors.As(err, &answer) && answer.Response != nil {
		if said := appRefusal(answer.Response, err); said != err {
			return said
		}
	}
	return trouble("the App", err)
}

func appRefusal(response *http.Response, err error) error {
	switch response.StatusCode {
	case http.StatusUnauthorized:
		return models.FieldErrorf(models.Unprocessed, "app_key", "GitHub does not know the App by this key: App ID and private key have to be of the same App, and the key may not have been deleted there.").Because(err)
	case http.StatusForbidden:
		if limited := limitOf(response); limited != nil {
			return limited
		}
		return models.FieldErrorf(models.Unprocessed, "installation", "GitHub lets the App do nothing there: its installation may be suspended.").Because(err)
	case http.StatusTooManyRequests:
		return &integrations.RetryAfter{Until: time.Now().Add(wait(response.Header)), Cause: errSlower}
	case http.StatusNotFound:
		return models.FieldErrorf(models.Unprocessed, "installation", "The App has no such installation. Leave the field empty, and it is found by the owner of the repositories.").Because(err)
	}
	return err
}

// limitOf reads a refusal that is a limit of requests; nil when it is none.
func limitOf(response *http.Response) error {
	switch {
	case response.Header.Get("Retry-After") != "":
		return &integrations.RetryAfter{Until: time.Now().Add(wait(response.Header)), Cause: errSlower}
	case response.Header.Get("X-RateLimit-Remaining") == "0":
		return &integrations.RetryAfter{Until: reset(response.Header), Cause: errUsedUp}
	}
	return nil
}
