package github

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"throughline/integrations"
	"throughline/models"
)

// credentials are the settings that let Throughline ask: a token, or an App.
var credentials = []integrations.Setting{
	{Name: "token", Label: "Access token", Secret: true,
		Help: "A fine-grained token. With it the history is imported and lost webhooks are found."},
	{Name: "app_id", Label: "App ID",
		Help: "Of a GitHub App, in place of a token: the number, or the client ID, on the App's settings page."},
	{Name: "app_key", Label: "App private key", Secret: true, Long: true,
		Help: "The whole file that GitHub made for the App: from -----BEGIN RSA PRIVATE KEY----- to the last line."},
	{Name: "installation", Label: "Installation",
		Help: "The number at the end of the installation's address. Empty: it is found by the owner of the repositories."},
	{Name: "api_url", Label: "API address", URL: true,
		Help: "Only where it does not follow from the host."},
}

// byApp tells whether the account is a GitHub App's. Where both are given, the App
// counts: it can do more.
func byApp(account integrations.Account) bool {
	return account.Get("app_id") != "" && account.Get("app_key") != ""
}

// lets tells whether the account has something to ask with.
func lets(account integrations.Account) bool { return account.Get("token") != "" || byApp(account) }

// Asks tells whether the account has something to ask with.
func (p *Polled) Asks(account integrations.Account) bool { return lets(account) }

var (
	appIDPattern   = regexp.MustCompile(`^[0-9A-Za-z._-]{1,64}$`)
	tokenCharacter = regexp.MustCompile(`^[!-~]+$`)
)

// Valid refuses settings that can never work.
func (p *Polled) Valid(account integrations.Account) error {
	if err := p.Source.Check(context.Background(), account); err != nil { // asks nobody
		return err
	}
	if token := account.Get("token"); token != "" && !tokenCharacter.MatchString(token) {
		return models.FieldErrorf(models.Unprocessed, "token", "That is no token: it holds spaces or letters that no token has.")
	}
	if _, err := apiBase(account); err != nil {
		return err
	}
	return validApp(account)
}

func validApp(account integrations.Account) error {
	id, key := account.Get("app_id"), account.Get("app_key")
	switch {
	case id == "" && key == "":
		return nil
	case id == "":
		return models.FieldErrorf(models.Unprocessed, "app_id", "The private key is of an App: enter its App ID, too.")
	case key == "":
		return models.FieldErrorf(models.Unprocessed, "app_key", "An App signs in with its private key: enter it, too.")
	case !appIDPattern.MatchString(id):
		return models.FieldErrorf(models.Unprocessed, "app_id", "%q is no App ID: it is the number, or the client ID, on the App's settings page.", id)
	}
	if _, err := installationID(account); err != nil {
		return err
	}
	_, err := privateKey(account)
	return err
}

// installationID is the installation that is named, 0 when none is.
func installationID(account integrations.Account) (int64, error) {
	text := strings.TrimSpace(account.Get("installation"))
	if text == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		return 0, models.FieldErrorf(models.Unprocessed, "installation", "%q is no installation: it is the number at the end of its address.", text)
	}
	return id, nil
}
