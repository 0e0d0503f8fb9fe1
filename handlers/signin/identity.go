package signin

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"throughline/models"
)

// Provider is another system that tells who somebody is.
type Provider interface {
	// Key names it in addresses and sessions: oidc, github.
	Key() string
	// Name is what people call it.
	Name() string
	// Issuer is the namespace of its subjects.
	Issuer() string
	// Begin is the address to send the browser to. A provider that does not
	// answer is a models.Busy.
	Begin(ctx context.Context, f Flow) (string, error)
	// Finish is who came back with these parameters. What the provider refuses,
	// or we do, is a models.Forbidden; an answer that makes no sense is
	// models.Unprocessed.
	Finish(ctx context.Context, f Flow, back url.Values) (Identity, error)
	// MayJoin tells whether somebody unknown gets an account.
	MayJoin(id Identity) bool
}

// Identity is what a provider says of a person. Issuer and Subject say who it is;
// the rest is for showing, and for making a new account.
type Identity struct {
	Issuer, Subject string
	Login           string // what the person recognises it by
	Name            string
	Email           string
	Verified        bool // the provider vouches for Email
}

// Label is what the identity is shown as.
func (i Identity) Label() string {
	for _, text := range []string{i.Login, i.Email, i.Name, i.Subject} {
		if text != "" {
			return text
		}
	}
	return ""
}

// domains are those whose people may have an account at their first sign-in.
type domains []string

func (d domains) admit(id Identity) bool {
	email := models.CleanEmail(id.Email)
	at := strings.LastIndexByte(email, '@')
	return id.Verified && at > 0 && slices.ContainsFunc(d, func(domain string) bool { return strings.EqualFold(domain, email[at+1:]) })
}

// silent is what a provider that can not be reached is answered with.
func silent(name string, cause error) error {
	return models.Errorf(models.Busy, "%s does not answer at the moment. Try again in a minute.", name).Because(cause)
}

// deny is what people are told when a sign-in did not hold. Why is for the log:
// it names what was wrong, never a token.
func deny(name string, why error) error {
	return models.Errorf(models.Forbidden, "%s's answer was refused. Start signing in again; if that does not help, tell an administrator.", name).Because(why)
}

// senseless is a claim of the wrong shape: nothing is guessed from it.
func senseless(name, claim string) error {
	return models.Errorf(models.Unprocessed, "What %s says of you can not be used: %s is not as it should be. Tell an administrator.", name, claim)
}
