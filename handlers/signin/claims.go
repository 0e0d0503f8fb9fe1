package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"throughline/models"
)

// claims are what a provider says beside who it is. They stay raw until their
// type is known: an array of addresses is none, and "false" is not false.
type claims struct {
	Email    json.RawMessage `json:"email"`
	Verified json.RawMessage `json:"email_verified"`
	Name     json.RawMessage `json:"name"`
	Login    json.RawMessage `json:"preferred_username"`
}

// identity reads the ID token's claims, and asks for those that it leaves out.
func (p *OIDC) identity(ctx context.Context, d *discovered, token *oauth2.Token, id *oidc.IDToken) (out Identity, err error) {
	var c claims
	if err := id.Claims(&c); err != nil {
		return out, senseless(p.Name(), "the ID token")
	}
	if c.Email == nil && d.provider.UserInfoEndpoint() != "" {
		if c, err = p.ask(ctx, d, token, id.Subject); err != nil {
			return out, err
		}
	}
	out = Identity{Issuer: p.o.Issuer, Subject: id.Subject}
	for _, text := range []struct {
		raw  json.RawMessage
		to   *string
		name string
	}{{c.Email, &out.Email, "the e-mail address"}, {c.Name, &out.Name, "the name"}, {c.Login, &out.Login, "the user name"}} {
		if len(text.raw) > 0 && json.Unmarshal(text.raw, text.to) != nil {
			return Identity{}, senseless(p.Name(), text.name)
		}
	}
	if len(c.Verified) > 0 && json.Unmarshal(c.Verified, &out.Verified) != nil {
		out.Verified = false // "true" in quotes vouches for nothing
	}
	return out, nil
}

// ask reads the userinfo of the same subject.
func (p *OIDC) ask(ctx context.Context, d *discovered, token *oauth2.Token, subject string) (c claims, err error) {
	info, err := d.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return c, senseless(p.Name(), "its userinfo")
	}
	if info.Subject != subject {
		return c, deny(p.Name(), errors.New("userinfo: of another subject"))
	}
	if err := info.Claims(&c); err != nil {
		return c, senseless(p.Name(), "its userinfo")
	}
	return c, nil
}

// cancelled is the refusal that an answer brings instead of a code. The
// provider's own text is not shown: anybody could have written it.
func cancelled(name string, back url.Values) error {
	switch {
	case back.Get("error") == "access_denied":
		return models.Errorf(models.Forbidden, "You were not signed in at %s: it was cancelled there, or you may not use Throughline.", name)
	case back.Get("error") != "" || back.Get("code") == "":
		return deny(name, errors.New("the answer has an error and no code"))
	case len(back["code"]) > 1:
		return deny(name, errors.New("the answer has two codes"))
	}
	return nil
}

// exchangeError tells a refused code from a provider that does not answer. The
// answer's text stays out: it may hold tokens.
func exchangeError(name string, err error) error {
	var answered *oauth2.RetrieveError
	if errors.As(err, &answered) {
		return deny(name, fmt.Errorf("the code was not taken: status %d, %s", answered.Response.StatusCode, known(answered.ErrorCode)))
	}
	var unreachable *url.Error
	if errors.As(err, &unreachable) {
		return silent(name, fmt.Errorf("exchange the code: %w", unreachable))
	}
	return deny(name, errors.New("the answer to the code makes no sense"))
}

// known is an error code of OAuth, or that it is none.
func known(code string) string {
	switch code {
	case "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
		"bad_verification_code", "incorrect_client_credentials", "redirect_uri_mismatch":
		return code
	}
	return "an unknown error"
}
