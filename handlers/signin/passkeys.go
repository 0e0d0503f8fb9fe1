// Package signin holds the ceremonies by which people prove who they are.
package signin

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"throughline/models"
)

// Passkeys registers and checks passkeys of one site. The zero Passkeys is that
// of a site that can have none: browsers bind passkeys to a name, not an address.
type Passkeys struct{ web *webauthn.WebAuthn }

// NewPasskeys are those of the site at a base URL.
func NewPasskeys(base *url.URL) (Passkeys, error) {
	if net.ParseIP(base.Hostname()) != nil {
		return Passkeys{}, nil
	}
	web, err := webauthn.New(&webauthn.Config{RPID: base.Hostname(), RPDisplayName: "Throughline",
		RPOrigins: []string{base.Scheme + "://" + base.Host}})
	if err != nil {
		return Passkeys{}, fmt.Errorf("passkeys of %s: %w", base.Host, err)
	}
	return Passkeys{web: web}, nil
}

// Possible tells whether this site can have passkeys.
func (p Passkeys) Possible() bool { return p.web != nil }

// Ceremony is something for a passkey to sign, and what is needed to check it.
type Ceremony struct {
	Options   any    // for the browser, JSON
	Challenge string // names the ceremony in the browser's answer
	Data      []byte // to be kept until then
}

// Holder is whose passkeys they are.
type Holder struct {
	Account models.Account
	Handle  string
	Keys    []models.Passkey
}

// Register begins a new passkey that knows its person and unlocks by a finger,
// a face or a code.
func (p Passkeys) Register(h Holder) (Ceremony, error) {
	if p.web == nil {
		return Ceremony{}, noPasskeys()
	}
	options, session, err := p.web.BeginRegistration(user{h},
		webauthn.WithExclusions(webauthn.Credentials(user{h}.WebAuthnCredentials()).CredentialDescriptors()),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired}))
	return ceremony(options, session, err)
}

// Registered is the new passkey of a browser's answer; refused when the answer
// is not to the ceremony.
func (p Passkeys) Registered(h Holder, data, answer []byte) (models.Passkey, error) {
	session, err := readSession(data)
	if err != nil {
		return models.Passkey{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return models.Passkey{}, refuse(err)
	}
	credential, err := p.web.CreateCredential(user{h}, session, parsed)
	if err != nil {
		return models.Passkey{}, refuse(err)
	}
	return passkey(models.Passkey{}, credential)
}

// Ask begins a proof by any passkey of this site, or by one of a holder's.
func (p Passkeys) Ask(h *Holder) (Ceremony, error) {
	if p.web == nil {
		return Ceremony{}, noPasskeys()
	}
	verified := webauthn.WithUserVerification(protocol.VerificationRequired)
	if h == nil {
		options, session, err := p.web.BeginDiscoverableLogin(verified)
		return ceremony(options, session, err)
	}
	options, session, err := p.web.BeginLogin(user{*h}, verified)
	return ceremony(options, session, err)
}

// Answered is the passkey that has signed the ceremony, with its record brought
// up to date, and whose it is. find looks a holder up by handle; it is not asked
// where the ceremony was for one holder. copied tells that the passkey's counter
// did not go on, as it would after a copy was used.
func (p Passkeys) Answered(data, answer []byte, find func(handle string) (Holder, error)) (h Holder, key models.Passkey, copied bool, err error) {
	session, err := readSession(data)
	if err != nil {
		return h, key, false, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return h, key, false, refuse(err)
	}
	credential, err := p.validate(session, parsed, func(handle []byte) (webauthn.User, error) {
		h, err = find(string(handle))
		return user{h}, err
	})
	if err != nil {
		return h, key, false, err
	}
	for _, k := range h.Keys {
		if k.Credential == base64.RawURLEncoding.EncodeToString(credential.ID) {
			key, err = passkey(k, credential)
		}
	}
	return h, key, credential.Authenticator.CloneWarning, err
}

func (p Passkeys) validate(session webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData, find func([]byte) (webauthn.User, error)) (*webauthn.Credential, error) {
	if len(session.UserID) == 0 {
		credential, err := p.web.ValidateDiscoverableLogin(func(_, handle []byte) (webauthn.User, error) { return find(handle) }, session, parsed)
		return credential, refuse(err)
	}
	holder, err := find(session.UserID)
	if err != nil {
		return nil, err
	}
	credential, err := p.web.ValidateLogin(holder, session, parsed)
	return credential, refuse(err)
}

// ChallengeOf is the challenge that a browser's answer claims to answer; empty
// when it can not be read.
func ChallengeOf(answer []byte) string {
	var outer struct {
		Response struct {
			ClientData protocol.URLEncodedBase64 `json:"clientDataJSON"`
		} `json:"response"`
	}
	var inner struct {
		Challenge string `json:"challenge"`
	}
	if json.Unmarshal(answer, &outer) != nil || json.Unmarshal(outer.Response.ClientData, &inner) != nil {
		return ""
	}
	return inner.Challenge
}

func ceremony(options any, session *webauthn.SessionData, err error) (Ceremony, error) {
	if err != nil {
		return Ceremony{}, fmt.Errorf("begin with a passkey: %w", err)
	}
	data, err := json.Marshal(session)
	return Ceremony{Options: options, Challenge: session.Challenge, Data: data}, err
}

func readSession(data []byte) (s webauthn.SessionData, err error) {
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("read the ceremony: %w", err)
	}
	return s, nil
}

func passkey(k models.Passkey, c *webauthn.Credential) (models.Passkey, error) {
	record, err := json.Marshal(c)
	k.Credential, k.Record = base64.RawURLEncoding.EncodeToString(c.ID), record
	return k, err
}

func noPasskeys() error {
	return models.Errorf(models.Unprocessed, "Passkeys need a hub with a name. An administrator can set one with --base-url.")
}

func refuse(err error) error {
	if err == nil {
		return nil
	}
	return models.Errorf(models.Unauthorised, "This passkey was not accepted. Try again, or sign in another way.").Because(err)
}
