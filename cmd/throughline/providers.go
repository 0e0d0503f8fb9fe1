package main

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"throughline/handlers/signin"
	"throughline/integrations/fetch"
	"throughline/models"
)

// providers are the settings of how people sign in.
type providers struct {
	OIDCIssuer           string   `setting:"" name:"oidc-issuer" placeholder:"URL" help:"The OpenID provider that people sign in at: https://login.example.com/realms/main."`
	OIDCClientID         string   `setting:"" name:"oidc-client-id" placeholder:"ID" help:"What this hub is called there."`
	OIDCClientSecret     string   `setting:"" name:"oidc-client-secret" hidden:""` // by its variable: a command line can be read by others
	OIDCClientSecretFile string   `setting:"" name:"oidc-client-secret-file" placeholder:"FILE" help:"Holds the client's secret; or give it as THROUGHLINE_OIDC_CLIENT_SECRET."`
	OIDCName             string   `setting:"" name:"oidc-name" placeholder:"NAME" help:"What the button to sign in calls the provider; the issuer's host by default."`
	OIDCAllowNew         []string `setting:"" name:"oidc-allow-new" placeholder:"DOMAIN" help:"E-mail domains whose people get an account, without a role, at their first sign-in, when the provider vouches for the address. Nobody by default."`

	GitHubURL              string   `setting:"" name:"github-url" default:"https://github.com" placeholder:"URL" help:"The GitHub that people sign in at, when it is an Enterprise Server."`
	GitHubClientID         string   `setting:"" name:"github-client-id" placeholder:"ID" help:"What this hub is called there: an OAuth app's client ID."`
	GitHubClientSecret     string   `setting:"" name:"github-client-secret" hidden:""`
	GitHubClientSecretFile string   `setting:"" name:"github-client-secret-file" placeholder:"FILE" help:"Holds the client's secret; or give it as THROUGHLINE_GITHUB_CLIENT_SECRET."`
	GitHubAllowNew         []string `setting:"" name:"github-allow-new" placeholder:"DOMAIN" help:"Like --oidc-allow-new, for the primary address at GitHub."`

	PasswordLogin string `setting:"" default:"on" placeholder:"on|off" help:"Whether people may sign in with a password: on or off."`
}

func (s providers) check(w *wrong) {
	s.checkOIDC(w)
	s.checkGitHub(w)
	for flag, list := range map[string][]string{"oidc-allow-new": s.OIDCAllowNew, "github-allow-new": s.GitHubAllowNew} {
		for _, domain := range list {
			if models.CleanEmail("x@"+domain) == "" || !strings.Contains(domain, ".") || strings.ContainsAny(domain, "*@/") {
				w.add(flag, "%q is not a domain such as example.com.", domain)
			}
		}
	}
	switch {
	case s.PasswordLogin != "on" && s.PasswordLogin != "off":
		w.add("password-login", "%q is neither on nor off.", s.PasswordLogin)
	case s.PasswordLogin == "off" && s.OIDCIssuer == "" && s.GitHubClientID == "":
		w.add("password-login", "nobody could sign in: set up --oidc-issuer or --github-client-id before passwords are turned off.")
	}
}

func (s providers) checkOIDC(w *wrong) {
	switch {
	case s.OIDCIssuer == "" && (s.OIDCClientID != "" || s.OIDCClientSecret != "" || s.OIDCClientSecretFile != ""):
		w.add("oidc-issuer", "is missing: a client is set, but not whose.")
	case s.OIDCIssuer != "" && !isWebAddress(s.OIDCIssuer):
		w.add("oidc-issuer", "%q is not the provider's address, such as https://login.example.com, without a query.", s.OIDCIssuer)
	case s.OIDCIssuer != "" && s.OIDCClientID == "":
		w.add("oidc-client-id", "is missing: register this hub at the provider first.")
	}
	checkSecret(w, "oidc-client-secret", s.OIDCClientSecret, s.OIDCClientSecretFile)
}

func (s providers) checkGitHub(w *wrong) {
	if !isWebAddress(s.GitHubURL) {
		w.add("github-url", "%q is not an address such as https://github.example.com.", s.GitHubURL)
	}
	if none := s.GitHubClientSecret == "" && s.GitHubClientSecretFile == ""; none != (s.GitHubClientID == "") {
		w.add("github-client-id", "client ID and secret are needed together.")
	}
	checkSecret(w, "github-client-secret", s.GitHubClientSecret, s.GitHubClientSecretFile)
}

// checkSecret never echoes the secret.
func checkSecret(w *wrong, flag, value, file string) {
	if value != "" && file != "" {
		w.add(flag, "is given twice, also as --%s-file.", flag)
	}
	if file != "" && secretOf("", file) == "" {
		w.add(flag+"-file", "%q can not be read, or is empty.", file)
	}
}

func secretOf(value, file string) string {
	if file == "" {
		return value
	}
	raw, _ := os.ReadFile(file) // #nosec G304 -- the file that the operator named; an unreadable one is refused with the settings
	return strings.TrimSpace(string(raw))
}

func isWebAddress(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// list makes the providers that are set up. base is our own address.
func (s providers) list(base string, upstreams []string) (list []signin.Provider) {
	base = strings.TrimSuffix(base, "/")
	if s.OIDCIssuer != "" {
		list = append(list, signin.NewOIDC(signin.OIDCOptions{Issuer: s.OIDCIssuer, ClientID: s.OIDCClientID, Title: s.OIDCName,
			ClientSecret: secretOf(s.OIDCClientSecret, s.OIDCClientSecretFile), Redirect: base + "/login/oidc/callback",
			AllowNew: s.OIDCAllowNew, Client: clientFor(s.OIDCIssuer, upstreams)}))
	}
	if s.GitHubClientID != "" {
		list = append(list, signin.NewGitHub(signin.GitHubOptions{URL: s.GitHubURL, ClientID: s.GitHubClientID,
			ClientSecret: secretOf(s.GitHubClientSecret, s.GitHubClientSecretFile), Redirect: base + "/login/github/callback",
			AllowNew: s.GitHubAllowNew, Client: clientFor(s.GitHubURL, upstreams)}))
	}
	return list
}

// Limits of what a provider may answer.
const (
	providerTime  = 10 * time.Second
	providerBytes = 1 << 20
)

// clientFor is the guarded client, which may also ask the provider that the
// operator named, wherever it is.
func clientFor(address string, upstreams []string) *http.Client {
	allow := append([]string{}, upstreams...)
	if u, err := url.Parse(address); err == nil {
		allow = append(allow, u.Hostname())
	}
	return fetch.New(fetch.Options{Allow: allow, Timeout: providerTime, MaxBytes: providerBytes, UserAgent: "Throughline/" + version()}).HTTP()
}
