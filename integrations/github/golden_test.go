package github

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throughline/models"
)

const (
	headSHA   = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	mergeSHA  = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	beforeSHA = "cccccccccccccccccccccccccccccccccccccccc"

	// inRepo ends every payload.
	inRepo = `"repository":{"full_name":"acme/fraud","html_url":"https://github.com/acme/fraud","created_at":"2020-01-01T00:00:00Z",
		"custom_properties":{"teams":["several","values"]}}}`

	pullHead = `"number":12,"title":"Faster features","html_url":"https://github.com/acme/fraud/pull/12","body":"because <b>\"",
		"user":{"login":"dana"},"head":{"ref":"fast","sha":"` + headSHA + `","repo":{"full_name":"dana/fraud"}},
		"base":{"ref":"main","sha":"` + beforeSHA + `","repo":{"full_name":"acme/fraud","custom_properties":{"teams":["several"]}}},
		"created_at":"2026-03-01T09:00:00Z","labels":[{"name":"ml"}],"requested_reviewers":[{"login":"eve"}],"requested_teams":[{"slug":"risk"}],`

	openedPull = `{"action":"opened","number":12,"pull_request":{` + pullHead + `"state":"open","draft":false,"merged":false,
		"merged_at":null,"merge_commit_sha":"` + mergeSHA + `","updated_at":"2026-03-01T09:00:00Z","additions":5,"deletions":0,
		"changed_files":2,"commits":1},` + inRepo
)

func at(clock string) time.Time {
	t, err := time.Parse(time.DateTime, "2026-03-01 "+clock)
	if err != nil {
		panic(err)
	}
	return t
}

func commitRef(sha string) models.Ref {
	return models.Ref{Kind: models.Commit, Key: "github.com/acme/fraud@" + sha}
}

func to(r models.Relation, ref models.Ref) models.LinkTo {
	return models.LinkTo{Relation: r, To: ref, Evidence: models.Verified}
}

func stub(sha, clock string) models.Description {
	return models.Description{Ref: commitRef(sha), At: at(clock), URL: "https://github.com/acme/fraud/commit/" + sha}
}

// tried says of the merge commit that it is a test merge, or no longer one.
func tried(clock string, of any) models.Description {
	return models.Description{Ref: commitRef(mergeSHA), At: at(clock), Facts: map[string]any{"test_merge_of": of}}
}

func first(d models.Description) models.Description {
	d.Attempt = 1
	return d
}

var pullRef = models.Ref{Kind: models.PullRequest, Key: "acme/fraud#12"}

// pull is the pull request of pullHead; facts are added to what all have.
func pull(clock string, state models.State, since, raw string, more facts, links ...models.LinkTo) models.Description {
	all := facts{"author": "dana", "repository": "github.com/acme/fraud", "number": 12, "branch": "fast", "base": "main",
		"head_sha": headSHA, "labels": []string{"ml"}, "reviewers": []string{"eve", "risk"}, "created_at": "2026-03-01T09:00:00Z",
		"head_repository": "github.com/dana/fraud"}
	for name, value := range more {
		all[name] = value
	}
	links = append(links, to(models.Contains, models.Ref{Kind: models.Commit, Key: "github.com/dana/fraud@" + headSHA}))
	d := models.Description{Ref: pullRef, At: at(clock), Attempt: 1, Title: "Faster features",
		URL: "https://github.com/acme/fraud/pull/12", State: state, Raw: raw, Facts: all, Links: links, Text: `because <b>"`}
	if since != "" {
		d.StateAt = at(since)
	}
	return d
}

var imageDigest = "sha256:" + strings.Repeat("0d", 32)

// pushedImage is what GitHub tells of a push to its registry.
func pushedImage(container string) string {
	return `{"action":"published","package":{"id":1,"name":"fraud","namespace":"acme","ecosystem":"CONTAINER","package_type":"CONTAINER","updated_at":"2026-03-01T10:00:00Z",
		"package_version":{"id":2,"version":"` + imageDigest + `","html_url":"https://github.com/acme/fraud/packages/1?version=1","package_url":"ghcr.io/acme/fraud:1.4.2",
		"created_at":"2026-03-01T10:00:00Z","updated_at":"2026-03-01T10:00:01Z","container_metadata":` + container + `}},` + inRepo
}

func image(title string, more facts, links ...models.LinkTo) models.Description {
	all := facts{"name.ghcr.io/acme/fraud": true}
	for name, value := range more {
		all[name] = value
	}
	return models.Description{Ref: models.Ref{Kind: models.Image, Key: imageDigest}, At: at("10:00:01"), Title: title, URL: "https://github.com/acme/fraud/packages/1?version=1", Facts: all, Links: links}
}

// goldens are payloads and what they tell, without the repository that ends each.
var goldens = []struct {
	name, event, payload string
	want                 []models.Description
}{
	{"an opened pull request contains its head, and the tried merge is no merge", "pull_request", openedPull, []models.Description{
		func() models.Description {
			d := pull("09:00:00", models.Open, "09:00:00", "open", facts{"draft": false, "additions": 5, "deletions": 0, "changed_files": 2, "commits": 1},
				to(models.Contains, commitRef(headSHA)), to(models.Contains, commitRef(mergeSHA)))
			d.Attempt = 0
			return d
		}(), stub(headSHA, "09:00:00"), stub(mergeSHA, "09:00:00"), tried("09:00:00", "acme/fraud#12")}},

	{"a merged pull request is merged as the merge commit", "pull_request", `{"action":"closed","pull_request":{` + pullHead + `"state":"closed",
		"merged":true,"merged_at":"2026-03-01T11:00:00Z","merged_by":{"login":"eve"},"merge_commit_sha":"` + mergeSHA + `","updated_at":"2026-03-01T11:00:01Z"},` + inRepo,
		[]models.Description{pull("11:00:01", models.Merged, "11:00:00", "closed", facts{"merged_at": "2026-03-01T11:00:00Z", "merged_by": "eve"},
			to(models.Contains, commitRef(headSHA)), to(models.MergedAs, commitRef(mergeSHA))), stub(headSHA, "09:00:00"), stub(mergeSHA, "09:00:00"), first(tried("11:00:01", nil))}},

	{"a closed pull request was not merged", "pull_request", `{"action":"closed","pull_request":{` + pullHead + `"state":"closed","merged":false,
		"merged_at":null,"closed_at":"2026-03-01T11:00:00Z","merge_commit_sha":"` + mergeSHA + `","updated_at":"2026-03-01T11:00:01Z"},` + inRepo,
		[]models.Description{pull("11:00:01", models.Closed, "11:00:00", "closed", nil, to(models.Contains, commitRef(headSHA)), to(models.Contains, commitRef(mergeSHA))),
			stub(headSHA, "09:00:00"), stub(mergeSHA, "09:00:00"), tried("11:00:01", "acme/fraud#12")}},

	{"a synchronised draft contains the heads before and after", "pull_request", `{"action":"synchronize","before":"` + beforeSHA + `","after":"` + headSHA + `",
		"pull_request":{` + pullHead + `"state":"open","draft":true,"updated_at":"2026-03-01T10:00:00Z"},` + inRepo,
		[]models.Description{pull("10:00:00", models.Draft, "09:00:00", "open", facts{"draft": true}, to(models.Contains, commitRef(headSHA)),
			to(models.Contains, commitRef(beforeSHA))), stub(headSHA, "09:00:00"), stub(beforeSHA, "09:00:00")}},

	{"an approval is the reviewer's word at its own time", "pull_request_review", review("submitted", "approved", `{"login":"eve"}`),
		[]models.Description{reviewedPull, stub(headSHA, "09:00:00"), stub(mergeSHA, "09:00:00"), tried("10:30:00", "acme/fraud#12"), said("eve", "approved", "10:30:00", 0)}},

	{"a demand of a ghost", "pull_request_review", review("edited", "CHANGES_REQUESTED", `null`),
		[]models.Description{reviewedPull, stub(headSHA, "09:00:00"), stub(mergeSHA, "09:00:00"), tried("10:30:00", "acme/fraud#12"), said("ghost", "changes_requested", "10:30:00", 0)}},

	{"a dismissal comes after what it dismisses", "pull_request_review", review("dismissed", "dismissed", `{"login":"eve"}`),
		[]models.Description{reviewedPull, stub(headSHA, "09:00:00"), stub(mergeSHA, "09:00:00"), tried("10:30:00", "acme/fraud#12"), said("eve", "dismissed", "10:30:00", 1)}},

	{"a comment ranks below verdicts", "pull_request_review", review("submitted", "commented", `{"login":"eve"}`),
		[]models.Description{reviewedPull, stub(headSHA, "09:00:00"), stub(mergeSHA, "09:00:00"), tried("10:30:00", "acme/fraud#12"), said("eve", "commented", "09:00:00", int(at("10:30:00").Unix()))}},

	{"a check run is a fact of its commit", "check_run", `{"action":"completed","check_run":{"id":7,"head_sha":"` + headSHA + `","name":"unit tests",
		"status":"completed","conclusion":"failure","started_at":"2026-03-01T10:00:00Z","completed_at":"2026-03-01T10:05:00Z",
		"details_url":"https://ci.acme.example/7","app":{"created_at":"2018-04-25 20:42:10"}},` + inRepo,
		checked("10:05:00", 7*4+2, "unit tests", map[string]any{"state": models.Failed, "raw": "failure", "at": "2026-03-01T10:05:00Z", "url": "https://ci.acme.example/7"})},

	{"a queued check run with an old time and a hostile address", "check_run", `{"action":"created","check_run":{"id":7,"head_sha":"` + headSHA + `","name":"x",
		"status":"queued","conclusion":null,"started_at":"2026-03-01 10:00:00","completed_at":null,"details_url":"javascript:alert(1)"},` + inRepo,
		checked("10:00:00", 7*4, "x", map[string]any{"state": models.Queued, "raw": "queued", "at": "2026-03-01T10:00:00Z"})},

	{"an image of a package leads to the commit of its labels", "package", pushedImage(`{"tag":{"name":"1.4.2","digest":"` + imageDigest + `"},
		"labels":{"revision":"","source":"https://github.com/acme/fraud","all_labels":{"org.opencontainers.image.revision":"` + headSHA + `"}}}`),
		[]models.Description{image("fraud:1.4.2", facts{"tag.ghcr.io/acme/fraud:1.4.2": true, "source": "https://github.com/acme/fraud", "revision": headSHA},
			models.LinkTo{Relation: models.BuiltFrom, To: commitRef(headSHA)})}},

	{"an image without labels has its digest", "registry_package", strings.Replace(pushedImage(`{}`), `"package"`, `"registry_package"`, 1),
		[]models.Description{image("fraud@"+models.ShortDigest(imageDigest), nil)}},

	{"a pending status is a running check", "status", `{"id":9,"sha":"` + headSHA + `","state":"pending","context":"ci/jenkins","target_url":null,
		"created_at":"2026-03-01T10:00:00+00:00","updated_at":"2026-03-01T12:00:00+02:00",` + inRepo,
		checked("10:00:00", 9*4+1, "ci/jenkins", map[string]any{"state": models.Running, "raw": "pending", "at": "2026-03-01T10:00:00Z"})},

	{"another app's check suite is a pipeline run", "check_suite", `{"action":"completed","check_suite":{"id":5,"head_sha":"` + headSHA + `","head_branch":"fast",
		"status":"completed","conclusion":"success","app":{"slug":"buildkite","name":"Buildkite"},"created_at":"2026-03-01T10:00:00Z","updated_at":"2026-03-01T10:09:00Z"},` + inRepo,
		[]models.Description{{Ref: models.Ref{Kind: models.PipelineRun, Key: "suite-5"}, At: at("10:09:00"), StateAt: at("10:09:00"), Title: "Buildkite",
			State: models.Passed, Raw: "success", URL: "https://github.com/acme/fraud/commit/" + headSHA + "/checks",
			Facts: facts{"repository": "github.com/acme/fraud", "pipeline": "Buildkite", "branch": "fast", "head_sha": headSHA,
				"started_at": "2026-03-01T10:00:00Z", "ended_at": "2026-03-01T10:09:00Z"},
			Links: []models.LinkTo{to(models.BuiltFrom, commitRef(headSHA))}}}},

	{"a workflow run says queued whatever its action says", "workflow_run", `{"action":"completed","workflow_run":{"id":77,"name":"CI","run_number":3,"run_attempt":2,
		"event":"pull_request","status":"queued","conclusion":null,"head_branch":"fast","head_sha":"` + headSHA + `","actor":{"login":"dana"},"display_title":"Faster features",
		"html_url":"https://github.com/acme/fraud/actions/runs/77","created_at":"2026-03-01T08:00:00Z","run_started_at":"2026-03-01T10:00:00Z","updated_at":"2026-03-01T10:00:02Z",
		"head_repository":{"full_name":"dana/fraud"},"head_commit":{"id":"` + headSHA + `","message":"Faster\n\nmuch","timestamp":"2026-03-01T07:00:00+01:00","author":{"name":"Dana"}}},` + inRepo,
		[]models.Description{{Ref: pipelineRun(77), At: at("10:00:02"), Attempt: 2 * 4, Title: "CI #3", URL: "https://github.com/acme/fraud/actions/runs/77",
			State: models.Queued, Raw: "queued", StateAt: at("10:00:00"), Text: "Faster features",
			Facts: facts{"pipeline": "CI", "repository": "github.com/acme/fraud", "number": 3, "attempt": 2, "branch": "fast", "event": "pull_request", "actor": "dana",
				"head_sha": headSHA, "head_repository": "github.com/dana/fraud", "started_at": "2026-03-01T10:00:00Z", "ended_at": nil},
			Links: []models.LinkTo{to(models.BuiltFrom, commitRef(headSHA))}},
			described(headSHA, "06:00:00", 0, "Faster", facts{"committed_at": "2026-03-01T06:00:00Z", "author": "Dana", "message": "Faster\n\nmuch"})}},

	{"a job is a step of its run and a check of its commit", "workflow_job", `{"action":"completed","workflow_job":{"id":900,"run_id":77,"run_attempt":2,"name":"train","workflow_name":"CI",
		"status":"completed","conclusion":"skipped","head_sha":"` + headSHA + `","html_url":"https://github.com/acme/fraud/actions/runs/77/job/900",
		"created_at":"2026-03-01T10:00:00Z","started_at":"2026-03-01T10:01:01Z","completed_at":"2026-03-01T10:01:00Z"},` + inRepo,
		[]models.Description{{Ref: pipelineRun(77), At: at("10:01:01"), Attempt: 2*4 + 2, Facts: facts{"repository": "github.com/acme/fraud", "pipeline": "CI",
			"head_sha": headSHA, "tried.2.train": models.Skipped, "step.train": map[string]any(facts{"state": models.Skipped, "raw": "skipped", "order": int64(900), "started_at": "2026-03-01T10:01:01Z",
				"ended_at": "2026-03-01T10:01:00Z", "url": "https://github.com/acme/fraud/actions/runs/77/job/900"})},
			Links: []models.LinkTo{to(models.BuiltFrom, commitRef(headSHA))}},
			checked("10:01:01", 900*4+2, "train", map[string]any{"state": models.Skipped, "raw": "skipped", "at": "2026-03-01T10:01:01Z",
				"url": "https://github.com/acme/fraud/actions/runs/77/job/900"})[0]}},

	{"a pushed annotated tag is of its head commit", "push", `{"ref":"refs/tags/v1","after":"dddddddddddddddddddddddddddddddddddddddd","commits":[],
		"head_commit":{"id":"` + headSHA + `","message":"Faster","timestamp":"2026-03-01T07:00:00+01:00","author":{"name":"Dana","email":"d@x","username":"dana"}},` + inRepo,
		[]models.Description{described(headSHA, "06:00:00", 1, "Faster", facts{"committed_at": "2026-03-01T06:00:00Z", "author": "dana", "message": "Faster"})}},

	{"a new deployment is pending and deploys its commit", "deployment", `{"action":"created","deployment":{` + deployed + `"payload":{}},"workflow_run":{"id":77},` + inRepo,
		[]models.Description{{Ref: deploymentRef, At: at("12:00:00"), Title: "Production: main", URL: "https://github.com/acme/fraud/deployments/Production",
			State: models.Pending, Raw: "created", Facts: deploymentFacts(nil),
			Links: []models.LinkTo{to(models.Deploys, commitRef(headSHA)), to(models.PlacedBy, pipelineRun(77))}}, stub(headSHA, "12:00:00")}},

	{"a successful status makes a model version live", "deployment_status", `{"action":"created","deployment_status":{"id":4,"state":"success","environment":"Production",
		"description":"done","log_url":"https://ci.acme.example/log","created_at":"2026-03-01T12:05:00Z"},
		"deployment":{` + deployed + `"payload":"{\"model\":\"fraud\",\"version\":3,\"share\":0.5}"},"workflow_run":null,` + inRepo,
		[]models.Description{{Ref: deploymentRef, At: at("12:05:00"), Attempt: 4, Title: "Production: fraud 3", URL: "https://github.com/acme/fraud/deployments/Production",
			State: models.Live, Raw: "success",
			Facts: deploymentFacts(facts{"model": "fraud", "version": "3", "share": 0.5, "status_description": "done", "log_url": "https://ci.acme.example/log"}),
			Links: []models.LinkTo{to(models.Deploys, models.Ref{Kind: models.ModelVersion, Key: "fraud/3"})}}, stub(headSHA, "12:05:00")}},
}

var reviewedPull = pull("10:30:00", "", "", "", nil, to(models.Contains, commitRef(headSHA)), to(models.Contains, commitRef(mergeSHA)))

// review is a review event with the short form of a pull request, without draft.
func review(action, state, user string) string {
	return `{"action":"` + action + `","review":{"id":1,"state":"` + state + `","user":` + user + `,"commit_id":"` + headSHA + `",
		"submitted_at":"2026-03-01T10:30:00Z","html_url":"https://github.com/acme/fraud/pull/12#r1"},
		"pull_request":{` + pullHead + `"state":"open","merged_at":null,"merge_commit_sha":"` + mergeSHA + `","updated_at":"2026-03-01T10:30:00Z"},` + inRepo
}

func said(who, state, clock string, attempt int) models.Description {
	return models.Description{Ref: pullRef, At: at(clock), Attempt: attempt, Facts: map[string]any{"review." + who: map[string]any{
		"state": state, "at": "2026-03-01T10:30:00Z", "commit": headSHA, "url": "https://github.com/acme/fraud/pull/12#r1"}}}
}

func checked(clock string, attempt int, name string, fact map[string]any) []models.Description {
	d := stub(headSHA, clock)
	d.Attempt, d.Facts = attempt, map[string]any{"check." + name: fact}
	return []models.Description{d}
}

func described(sha, clock string, attempt int, title string, f facts) models.Description {
	d := stub(sha, clock)
	d.Attempt, d.Title, d.Facts = attempt, title, f
	return d
}

var deploymentRef = models.Ref{Kind: models.Deployment, Key: "500"}

const deployed = `"id":500,"sha":"` + headSHA + `","ref":"main","environment":"Production","description":"weekly","creator":{"login":"dana"},
	"created_at":"2026-03-01T12:00:00Z","updated_at":"2026-03-01T12:09:00Z",`

func deploymentFacts(more facts) facts {
	f := facts{"repository": "github.com/acme/fraud", "environment": "production", "sha": headSHA, "ref": "main", "by": "dana",
		"description": "weekly", "at": "2026-03-01T12:00:00Z"}
	for name, value := range more {
		f[name] = value
	}
	return f
}

func TestGoldens(t *testing.T) {
	repo := models.Description{Ref: models.Ref{Kind: models.Repository, Key: "github.com/acme/fraud"}, Title: "acme/fraud",
		At: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), URL: "https://github.com/acme/fraud"}
	for _, c := range goldens {
		t.Run(c.name, func(t *testing.T) {
			got := receive(t, testAccount, signed(c.event, c.payload))
			want := append(append([]models.Description{}, c.want...), repo)
			if diff := cmp.Diff(want, got.Batch.Descriptions); got.Err != nil || diff != "" {
				t.Errorf("%v\n%s", got.Err, diff)
			}
		})
	}
}
