package github

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/integrations"
)

// ask is a request whose answer tells of a permission. Those that would write lack
// what they need to: GitHub refuses them with 422 to whoever may write, and with
// 403 or 404 to whoever may not.
type ask struct{ method, path string }

// token tries what a token may do, on one repository.
func (b *probe) token() error {
	if err := b.repositories(); err != nil {
		return err
	}
	if b.repo == nil {
		return nil
	}
	scopes, classic, err := b.scopes()
	if err != nil {
		return err
	}
	for _, p := range needed(b.account) {
		ok, how := true, ""
		switch {
		case p.key == "metadata": // the repository was read
		case p.level == "write" && classic:
			ok, how = scopes.allow(p)
		default:
			ok, how, err = b.try(p, classic)
		}
		if err != nil {
			return err
		}
		b.found = append(b.found, p.finding(ok, how))
	}
	return nil
}

// try asks once.
func (b *probe) try(p permission, classic bool) (ok bool, how string, err error) {
	path := "repos/" + b.repo.GetFullName() + strings.Replace(p.ask.path, "BRANCH", b.repo.GetDefaultBranch(), 1)
	method, body := http.MethodGet, any(nil)
	if p.ask.method != "" {
		method, body = p.ask.method, struct{}{}
	}
	response, err := b.do(method, path, body, nil)
	if resting(err) {
		return false, "", pause(err)
	}
	switch statusOf(err) {
	case 0:
		return err == nil, "", err
	case http.StatusForbidden, http.StatusNotFound:
		return false, p.howToken(response, classic) + ownReason(err), nil
	case http.StatusConflict, http.StatusUnprocessableEntity:
		return true, "", nil // judged, and refused for another reason: an empty repository has no commits
	}
	return false, "", trouble(b.repo.GetFullName(), err)
}

// howToken says how a token gets the permission.
func (p permission) howToken(response *gogithub.Response, classic bool) string {
	single := strings.HasPrefix(response.Header.Get("X-GitHub-SSO"), "required")
	switch {
	case single:
		return "The organisation signs in by single sign-on: authorise the token for it, with Configure SSO beside the token."
	case classic:
		return "Give the token the scope repo."
	case p.key == "checks" && p.level == "write":
		return "GitHub lets only Apps write check runs: connect as a GitHub App, or turn this report off."
	case p.key == "checks":
		return "GitHub offers this to no fine-grained token: connect as a GitHub App to have it. New checks arrive by webhook either way."
	}
	how := fmt.Sprintf("Edit the token on GitHub: Repository permissions, %s, %s.", p.name, p.word())
	if accepted := response.Header.Get("X-Accepted-GitHub-Permissions"); accepted != "" {
		how += " GitHub asks for " + integrations.Cut(accepted, 80) + "."
	}
	return how
}

// ownReason is GitHub's own reason, where it is another than the permission: an
// address that an organisation does not allow, a policy of its.
func ownReason(err error) string {
	text := strings.TrimSpace(integrations.Cut(message(err), 200))
	if text == "" || strings.HasPrefix(text, "Resource not accessible") || strings.HasPrefix(text, "Not Found") {
		return ""
	}
	return " GitHub says: " + text
}

// resting tells whether GitHub wants to be left alone.
func resting(err error) bool {
	var answer *gogithub.ErrorResponse
	if errors.As(err, &answer) && answer.Response != nil && limitOf(answer.Response) != nil {
		return true
	}
	var wish *integrations.RetryAfter
	return err != nil && errors.As(trouble("", err), &wish)
}

// pause is until when GitHub wants to be left alone.
func pause(err error) error {
	var answer *gogithub.ErrorResponse
	if errors.As(err, &answer) && answer.Response != nil {
		if wish := limitOf(answer.Response); wish != nil {
			return wish
		}
	}
	return trouble("", err)
}
