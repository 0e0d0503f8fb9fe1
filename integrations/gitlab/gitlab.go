// Package gitlab hears a GitLab: its webhooks tell of pipelines, of their jobs and
// of merge requests.
//
// A pipeline is known by its address, "https://gitlab.com/acme/fraud/-/pipelines/31",
// its jobs are steps. GitLab's times are of whole seconds; what happened in one of
// them is told a millisecond later for each step that the jobs got on, so that any
// order of arrival ends in one state.
//
// The shapes are those of docs.gitlab.com/user/project/integrations/webhook_events.
package gitlab

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// Source is GitLab.
type Source struct{}

// New is the source.
func New() Source { return Source{} }

const maxBody = 8 << 20 // a pipeline of a thousand jobs

// About describes the source.
func (Source) About() integrations.About {
	return integrations.About{
		Name: "gitlab", Title: "GitLab", Auth: integrations.BySignature, MaxBody: maxBody,
		Summary: "Pipelines with their jobs, and merge requests, from GitLab's webhooks.",
		Settings: []integrations.Setting{
			{Name: "secret", Label: "Secret token", Secret: true, Made: true,
				Help: "The webhook's secret token. Empty: one is made up. Two, separated by a comma, while you change it."},
			{Name: "projects", Label: "Projects", Help: "Only these, separated by commas: acme/fraud, acme/*. Empty means all that post."},
		},
	}
}

// genuine compares the post's secret with the configured ones, in the time that
// any takes.
func genuine(a integrations.Account, header http.Header) bool {
	values := header.Values("X-Gitlab-Token")
	if len(values) != 1 {
		return false
	}
	got, ok := sha256.Sum256([]byte(values[0])), 0
	for _, secret := range integrations.Secrets(a.Get("secret")) {
		want := sha256.Sum256([]byte(secret))
		ok |= subtle.ConstantTimeCompare(got[:], want[:])
	}
	return ok == 1
}

// Receive checks the secret, then reads the post.
func (s Source) Receive(ctx context.Context, a integrations.Account, r integrations.Request) ([]integrations.Event, error) {
	if !genuine(a, r.Header) {
		return nil, integrations.ErrSignature
	}
	e, err := s.Replay(ctx, a, "", r.Header, r.Body)
	if err != nil {
		return nil, err
	}
	return []integrations.Event{e}, nil
}

// post is what every webhook has.
type post struct {
	Kind    string  `json:"object_kind"`
	Project project `json:"project"`
	User    user    `json:"user"`
}

type project struct {
	URL  string `json:"web_url"`
	Path string `json:"path_with_namespace"`
}

type user struct {
	Login string `json:"username"`
}

// Replay decodes a kept post again. It is known by GitLab's id of the event and by
// what it says: webhooks that set off others share the id.
func (Source) Replay(_ context.Context, a integrations.Account, _ string, header http.Header, body []byte) (integrations.Event, error) {
	var p post
	if err := integrations.ReadJSON(body, &p); err != nil {
		return integrations.Event{}, err
	}
	sum := sha256.Sum256(body)
	e := integrations.Event{Name: integrations.Line(p.Kind, 60), Body: body, ID: integrations.Line(header.Get("X-Gitlab-Event-Uuid"), 100) + " " + hex.EncodeToString(sum[:])}
	if e.Name == "" {
		e.Name = "unknown"
	}
	read, known := map[string]func(integrations.Account, []byte) (models.Description, error){
		"pipeline": pipelineEvent, "build": jobEvent, "merge_request": mergeRequestEvent}[p.Kind]
	if e.Ignored = !known || p.Project.Path != "" && !integrations.Matches(a.Get("projects"), p.Project.Path); e.Ignored {
		return e, nil
	}
	d, err := read(a, body)
	if e.Err = err; err == nil {
		e.Batch.Descriptions = []models.Description{d}
	}
	return e, nil
}

// page is the address of a project's page, and its path; both empty when the post
// does not say.
func (p project) page() (address, path string) {
	address = strings.TrimRight(integrations.Web(p.URL), "/")
	if len(address) > 600 || strings.ContainsAny(address, "?#") || models.RepositoryKey(address) == "" {
		return "", ""
	}
	_, path, _ = strings.Cut(models.RepositoryKey(address), "/")
	return address, path
}

// when reads GitLab's times: "2016-08-12 15:23:28 UTC", with an offset, or RFC 3339.
func when(text string) time.Time {
	for _, layout := range []string{"2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700"} {
		if t, err := time.Parse(layout, text); err == nil && t.Unix() > 0 && t.UTC().Year() <= 9999 {
			return t.UTC()
		}
	}
	return integrations.Moment(text)
}

// link is to a commit of the project.
func link(relation models.Relation, repository, sha string) []models.LinkTo {
	k := models.CommitKey(repository, sha)
	if k == "" {
		return nil
	}
	return []models.LinkTo{{Relation: relation, To: models.Ref{Kind: models.Commit, Key: k}}}
}

func lacks(what string) error {
	return models.Errorf(models.Unprocessed, "The post has no %s.", what)
}
