package github

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// decoders are the events that we understand. One that returns nothing at all
// says that the payload, though of a known event, is not for us.
var decoders = map[string]func(post) ([]models.Description, error){
	"ping":                post.ping,
	"pull_request":        post.pullRequestEvent,
	"pull_request_review": post.reviewEvent,
	"check_run":           post.checkRunEvent,
	"check_suite":         post.checkSuiteEvent,
	"status":              post.statusEvent,
	"workflow_run":        post.workflowRunEvent,
	"workflow_job":        post.workflowJobEvent,
	"push":                post.pushEvent,
	"merge_group":         post.mergeGroupEvent,
	"deployment":          post.deploymentEvent,
	"deployment_status":   post.deploymentStatusEvent,
	"package":             post.packageEvent,
	"registry_package":    post.packageEvent,
}

var namePattern = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)

// decode reads the body of an event, "pull_request".
func decode(account integrations.Account, name string, body []byte) (integrations.Event, error) {
	if !namePattern.MatchString(name) {
		return integrations.Event{}, models.Errorf(models.Invalid, "The X-GitHub-Event header names no event.")
	}
	var head envelope
	if err := readable(body, &head); err != nil {
		return integrations.Event{}, err
	}
	event := integrations.Event{Name: name, Body: body}
	if namePattern.MatchString(head.Action) {
		event.Name += "." + head.Action
	}
	reader, known := decoders[name]
	if event.Ignored = !known || !wanted(account, head.Repository.FullName); event.Ignored {
		return event, nil
	}
	post := post{host: host(account), app: account.Get("app_id"), name: name, action: head.Action, repo: head.Repository, body: body}
	event.Batch.Descriptions, event.Err = post.describe(reader)
	event.Ignored = event.Err == nil && event.Batch.Descriptions == nil
	return event, nil
}

// envelope is what all payloads share.
type envelope struct {
	Action     string     `json:"action"`
	Repository repository `json:"repository"`
}

// repository is the part of a repository that we need. go-github's own type
// fails on custom properties with several values, and so would every event of
// such a repository.
type repository struct {
	FullName  string `json:"full_name"`
	HTMLURL   string `json:"html_url"`
	CreatedAt moment `json:"created_at"`
}

// post is one payload of a known event.
type post struct {
	host, name, action string
	app                string // the account's own, where it is one's
	repo               repository
	body               []byte
}

var fullNamePattern = regexp.MustCompile(`^[0-9A-Za-z_.-]+/[0-9A-Za-z_.-]+$`)

// describe adds the repository to what the reader found.
func (p post) describe(reader func(post) ([]models.Description, error)) ([]models.Description, error) {
	if p.name != "ping" && (!fullNamePattern.MatchString(p.repo.FullName) || p.repositoryKey() == "") {
		return nil, p.lacks("repository")
	}
	found, err := reader(p)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return append(found, p.repository(found[0].At)), nil
}

// repository is told at the time it was made: neither its name nor its address
// can change without its key, so that later events write nothing.
func (p post) repository(otherwise time.Time) models.Description {
	at := p.repo.CreatedAt.utc()
	if at.IsZero() {
		at = otherwise
	}
	return models.Description{Ref: models.Ref{Kind: models.Repository, Key: p.repositoryKey()},
		At: at, Title: p.repo.FullName, URL: webAddress(p.repo.HTMLURL)}
}

func (p post) repositoryKey() string { return models.RepositoryKey(p.host + "/" + p.repo.FullName) }

func (p post) pullKey(number int) models.Ref {
	return models.Ref{Kind: models.PullRequest, Key: models.PullRequestKey(p.repositoryKey(), strconv.Itoa(number))}
}

// commit is the commit of a sha in the post's repository; none for the zeros
// that stand for "no commit".
func (p post) commit(sha string) (models.Ref, bool) {
	key := models.CommitKey(p.repositoryKey(), sha)
	return models.Ref{Kind: models.Commit, Key: key}, key != "" && strings.Trim(sha, "0") != ""
}

func (p post) linkTo(relation models.Relation, sha string) []models.LinkTo {
	if ref, ok := p.commit(sha); ok {
		return []models.LinkTo{{Relation: relation, To: ref, Evidence: models.Verified}}
	}
	return nil
}

func (p post) commitURL(sha string) string {
	if p.repo.HTMLURL == "" {
		return ""
	}
	return webAddress(p.repo.HTMLURL + "/commit/" + strings.ToLower(sha))
}

// read decodes the whole payload into the event's own type.
func read[T any](p post) (event T, err error) {
	if err := json.Unmarshal(p.body, &event); err != nil {
		return event, models.Errorf(models.Unprocessed, "This %s event is of an unexpected shape: %w.", p.name, err)
	}
	return event, nil
}

func (p post) lacks(what string) error {
	return models.Errorf(models.Unprocessed, "This %s event names no %s.", p.name, what)
}

// ping says that the webhook is set up. An organisation's names no repository.
func (p post) ping() ([]models.Description, error) {
	if !fullNamePattern.MatchString(p.repo.FullName) || p.repo.CreatedAt.utc().IsZero() {
		return nil, nil
	}
	return []models.Description{p.repository(time.Time{})}, nil
}
