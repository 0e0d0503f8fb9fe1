package views

import (
	"strconv"
	"strings"
	"time"

	"throughline/models"
)

// BotsPage is where somebody who writes a bot finds all that is needed.
type BotsPage struct {
	Frame   Frame
	Project models.Project
	Base    string // address of the hub
	Doors   []string
	Since   time.Time     // what arrives later is new
	Rows    []DeliveryRow // the newest events, the newest first
	Parked  int64

	Name, Error string
	Token       string // its value, shown this once
	Made        models.Token
}

func (p BotsPage) path() string { return settingsPath(p.Project, "bots") }

// part is the address of what waits for the first event.
func (p BotsPage) part() string {
	return p.path() + "?since=" + strconv.FormatInt(p.Since.UnixMilli(), 10)
}

// arrived is the newest event, if it came while the page was open.
func (p BotsPage) arrived() *DeliveryRow {
	if len(p.Rows) == 0 || p.Rows[0].At.Before(p.Since) {
		return nil
	}
	return &p.Rows[0]
}

// said is what a screen reader hears when it changes.
func (p BotsPage) said() string {
	if d := p.arrived(); d != nil {
		return d.Event + " arrived: " + d.State
	}
	return "Waiting for an event"
}

// snippet is a piece of text to copy.
type snippet struct{ ID, Title, Where, Text string }

// snippets are working lines for common places. All take the address and the token
// from the environment, and post to the project's own door.
func (p BotsPage) snippets() []snippet {
	fill := strings.NewReplacer("{BASE}", p.Base, "{KEY}", p.Project.Key).Replace
	return []snippet{
		{"curl", "curl", "In any shell.", fill(curlSnippet)},
		{"shell", "throughline event", "The program that runs this hub is also a client: it tries again until the hub has the event.", fill(eventSnippet)},
		{"python", "Python", "The standard library is enough.", fill(pythonSnippet)},
		{"action", "GitHub Actions", "A step at the end of a job; the token is the repository's secret THROUGHLINE_TOKEN.", fill(actionSnippet)},
		{"jenkins", "Jenkinsfile", "In the pipeline block; the token is a credential of the kind secret text, called throughline.", fill(jenkinsSnippet)},
	}
}

// environment are the two lines that all snippets need.
func (p BotsPage) environment() string {
	token := p.Token
	if token == "" {
		token = "THE-TOKEN"
	}
	return "export THROUGHLINE_URL=" + p.Base + "\nexport THROUGHLINE_TOKEN=" + token
}

const curlSnippet = `curl -fsS -X POST "$THROUGHLINE_URL/api/v1/projects/{KEY}/events" \
  -H "Authorization: Bearer $THROUGHLINE_TOKEN" -H 'Content-Type: application/cloudevents+json' \
  -d '{"specversion":"1.0","type":"dev.throughline.pipeline_run.finished.v1","source":"/my-laptop","id":"hello-'"$(date +%s)"'",
       "data":{"id":"hello-'"$(date +%s)"'","pipeline":"hello","state":"passed"}}'
`

const eventSnippet = `throughline event pipeline_run.finished id="hello-$(date +%s)" pipeline=hello state=passed --project {KEY}
`

const pythonSnippet = `import json, os, urllib.request, uuid


def tell(kind, **data):
    event = {"specversion": "1.0", "type": f"dev.throughline.{kind}.v1", "source": "/my-script", "id": str(uuid.uuid4()), "data": data}
    request = urllib.request.Request(
        os.environ["THROUGHLINE_URL"] + "/api/v1/projects/{KEY}/events", json.dumps(event).encode(),
        {"Authorization": "Bearer " + os.environ["THROUGHLINE_TOKEN"], "Content-Type": "application/cloudevents+json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


print(tell("run.finished", run_id=str(uuid.uuid4()), experiment="hello", name="first run", state="passed", metrics={"auc": 0.93}))
`

const actionSnippet = `      - name: Tell Throughline
        if: always()
        env:
          THROUGHLINE_URL: {BASE}
          THROUGHLINE_TOKEN: ${{ secrets.THROUGHLINE_TOKEN }}
          STATE: ${{ job.status }}
        run: |
          curl -fsS --retry 5 -X POST "$THROUGHLINE_URL/api/v1/projects/{KEY}/events" \
            -H "Authorization: Bearer $THROUGHLINE_TOKEN" -H 'Content-Type: application/cloudevents+json' \
            -d '{"specversion":"1.0","type":"dev.throughline.pipeline_run.finished.v1","source":"/github/'"$GITHUB_REPOSITORY"'","id":"'"$GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT-$GITHUB_JOB"'",
                 "data":{"id":"'"$GITHUB_RUN_ID-$GITHUB_JOB"'","pipeline":"'"$GITHUB_REPOSITORY/$GITHUB_JOB"'","number":"'"$GITHUB_RUN_NUMBER"'","attempt":'"$GITHUB_RUN_ATTEMPT"',
                         "state":"'"$STATE"'","branch":"'"$GITHUB_REF_NAME"'","actor":"'"$GITHUB_ACTOR"'","url":"'"$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"'",
                         "commit":{"repository":"'"$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"'","sha":"'"$GITHUB_SHA"'"}}}'
`

const jenkinsSnippet = `  post {
    always {
      withCredentials([string(credentialsId: 'throughline', variable: 'THROUGHLINE_TOKEN')]) {
        withEnv(["THROUGHLINE_URL={BASE}", "STATE=${currentBuild.currentResult}"]) {
          sh '''
            curl -fsS --retry 5 -X POST "$THROUGHLINE_URL/api/v1/projects/{KEY}/events" \
              -H "Authorization: Bearer $THROUGHLINE_TOKEN" -H 'Content-Type: application/cloudevents+json' \
              -d '{"specversion":"1.0","type":"dev.throughline.pipeline_run.finished.v1","source":"/jenkins/'"$JOB_NAME"'","id":"'"$BUILD_TAG"'",
                   "data":{"id":"'"$BUILD_TAG"'","pipeline":"'"$JOB_NAME"'","number":"'"$BUILD_NUMBER"'","system":"jenkins","state":"'"$STATE"'","branch":"'"$GIT_BRANCH"'","url":"'"$BUILD_URL"'",
                           "commit":{"repository":"'"$GIT_URL"'","sha":"'"$GIT_COMMIT"'"}}}'
          '''
        }
      }
    }
  }
`
