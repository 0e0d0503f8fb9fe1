package github

import (
	"errors"
	"fmt"
	"net/http"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/integrations"
	"throughline/models"
)

// one makes or updates the webhook of a repository or an organisation.
func (m *maker) one(path, where string) (models.HookMade, error) {
	done, err := m.put(path)
	if err == nil {
		return models.HookMade{Where: where, Done: done}, nil
	}
	said := trouble(where, err)
	var wish *integrations.RetryAfter
	switch s := statusOf(err); {
	case errors.As(said, &wish) || s == 0 || s == http.StatusUnauthorized || s >= 500:
		return models.HookMade{}, said
	case s == http.StatusForbidden || s == http.StatusNotFound:
		return models.HookMade{Where: where, Done: "refused", Problem: "The token may not make webhooks here: it lacks the permission Webhooks, Read and write, or its person is no administrator of it."}, nil
	}
	return models.HookMade{Where: where, Done: "refused", Problem: "GitHub says: " + integrations.Cut(message(err), 200)}, nil
}

// message is what GitHub says is wrong.
func message(err error) string {
	var answer *gogithub.ErrorResponse
	if !errors.As(err, &answer) {
		return err.Error()
	}
	for _, e := range answer.Errors {
		if e.Message != "" {
			return answer.Message + ": " + e.Message
		}
	}
	return answer.Message
}

// put updates the webhook of our address, or makes it.
func (m *maker) put(path string) (done string, err error) {
	known, err := m.find(path)
	if err != nil {
		return "", err
	}
	hook := map[string]any{"config": config(m.address, m.secret), "events": hookEvents(), "active": true}
	if known == 0 {
		hook["name"] = "web"
		return "created", m.send(http.MethodPost, path+"/hooks", hook, nil)
	}
	at := fmt.Sprintf("%s/hooks/%d", path, known)
	if err := m.send(http.MethodPatch, at, hook, nil); err != nil {
		return "", err
	}
	return "updated", m.send(http.MethodPost, at+"/pings", nil, nil) // a new one is announced by itself
}

// find is the id of the webhook that posts to our address, 0 when there is none.
func (m *maker) find(path string) (int64, error) {
	for page := 1; page > 0; {
		var list []*gogithub.Hook
		request, err := m.api.NewRequest(http.MethodGet, fmt.Sprintf("%s/hooks?per_page=%d&page=%d", path, pageSize, page), nil)
		if err != nil {
			return 0, err
		}
		response, err := m.api.Do(m.ctx, request, &list)
		if err != nil {
			return 0, err
		}
		for _, h := range list {
			if h.GetConfig().GetURL() == m.address {
				return h.GetID(), nil
			}
		}
		page = response.NextPage
	}
	return 0, nil
}

func (m *maker) send(method, path string, body, into any) error {
	request, err := m.api.NewRequest(method, path, body)
	if err != nil {
		return err
	}
	_, err = m.api.Do(m.ctx, request, into)
	return err
}
