package jenkins

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"throughline/integrations"
)

// lookalike is a Jenkins of four jobs: a freestyle one, a pipeline in a folder, a
// branch of a multibranch project, and one five levels deep.
type lookalike struct {
	*httptest.Server
	t       *testing.T
	answers map[string]string // by path
	asked   []string
	status  int // of every answer, when set
}

const jenkinsDate = "Mon, 10 Aug 2026 10:20:00 GMT"

func newLookalike(t *testing.T) *lookalike {
	j := &lookalike{t: t, answers: map[string]string{}}
	j.Server = httptest.NewServer(j)
	t.Cleanup(j.Close)
	j.answers["/api/json"] = `{"_class":"hudson.model.Hudson","jobs":[
 {"_class":"hudson.model.FreeStyleProject","url":"https://ci.acme.test/job/nightly/","lastBuild":{"number":7}},
 {"_class":"com.cloudbees.hudson.plugins.folder.Folder","url":"https://ci.acme.test/job/acme/","jobs":[
  {"_class":"org.jenkinsci.plugins.workflow.job.WorkflowJob","url":"https://ci.acme.test/job/acme/job/train/","lastBuild":{"number":42}},
  {"_class":"org.jenkinsci.plugins.workflow.multibranch.WorkflowMultiBranchProject","url":"https://ci.acme.test/job/acme/job/fraud/","jobs":[
   {"_class":"org.jenkinsci.plugins.workflow.job.WorkflowJob","url":"https://ci.acme.test/job/acme/job/fraud/job/feature%252Fx/","lastBuild":{"number":1}},
   {"_class":"com.cloudbees.hudson.plugins.folder.Folder","url":"https://ci.acme.test/job/acme/job/fraud/job/a/","jobs":[
    {"_class":"com.cloudbees.hudson.plugins.folder.Folder","url":"https://ci.acme.test/job/acme/job/fraud/job/a/job/b/"}]}]},
  {"_class":"org.jenkinsci.plugins.workflow.job.WorkflowJob","url":"https://ci.acme.test/job/acme/job/empty/","lastBuild":null}]}]}`
	j.answers["/job/acme/job/fraud/job/a/job/b/api/json"] = `{"jobs":[{"_class":"hudson.model.FreeStyleProject","url":"https://ci.acme.test/job/acme/job/fraud/job/a/job/b/job/deep/","lastBuild":{"number":1}}]}`
	j.answers["/job/acme/job/fraud/job/a/job/b/job/deep/api/json"] = builds(freestyle("https://ci.acme.test/job/acme/job/fraud/job/a/job/b/job/deep/", 1, `"result":"NOT_BUILT","building":false`))
	j.answers["/job/nightly/api/json"] = builds(freestyle("https://ci.acme.test/job/nightly/", 7, `"result":"UNSTABLE","building":false`))
	j.answers["/job/acme/job/train/api/json"] = builds(pipeline42(`"result":"FAILURE","building":false`))
	j.answers["/job/acme/job/train/42/wfapi/describe"] = stages42
	j.answers["/job/acme/job/train/42/execution/node/8/wfapi/describe"] = `{"id":"8","status":"FAILED","stageFlowNodes":[{"id":"9","name":"sh","status":"SUCCESS"},
 {"id":"10","name":"sh","status":"FAILED","error":{"message":"script returned exit code 1","type":"hudson.AbortException"}}]}`
	paused := `{"number":1,"url":"https://ci.acme.test/job/acme/job/fraud/job/feature%252Fx/1/","timestamp":1786356900123,"duration":0,"building":true,"result":"SUCCESS","actions":[{},null]}`
	j.answers["/job/acme/job/fraud/job/feature%252Fx/api/json"] = builds(paused)
	j.answers["/job/acme/job/fraud/job/feature%252Fx/1/api/json"] = paused
	j.answers["/job/acme/job/fraud/job/feature%252Fx/1/wfapi/describe"] = `{"status":"PAUSED_PENDING_INPUT","stages":[{"id":"5","name":"Deploy","status":"PAUSED_PENDING_INPUT","startTimeMillis":1786356901000,"durationMillis":7}]}`
	j.answers["/me/api/json"] = `{"id":"hub"}`
	return j
}

func builds(list ...string) string { return `{"allBuilds":[` + strings.Join(list, ",") + `]}` }

func freestyle(job string, number int, how string) string {
	return fmt.Sprintf(`{"_class":"hudson.model.FreeStyleBuild","number":%d,"url":"%s%d/","timestamp":1786350000000,"duration":60000,%s,"builtOn":"agent-1",
 "actions":[{"_class":"hudson.model.CauseAction","causes":[{"_class":"hudson.triggers.TimerTrigger$TimerTriggerCause"}]},{"totalCount":12,"failCount":2,"skipCount":1}],
 "changeSet":{"items":[{"msg":"Fit longer\n\nmore","author":{"fullName":"Alice"}}]}}`, number, job, number, how)
}

// pipeline42 has a shared library beside its repository, a parameter that is a
// secret, and an artifact with a blank.
func pipeline42(how string) string {
	return `{"_class":"org.jenkinsci.plugins.workflow.job.WorkflowRun","number":42,"url":"https://ci.acme.test/job/acme/job/train/42/","timestamp":1786356900123,"duration":184211,"queueId":1187,` + how + `,
 "artifacts":[{"relativePath":"out/model one.bin"}],
 "actions":[{"_class":"hudson.model.CauseAction","causes":[{"_class":"hudson.model.Cause$UserIdCause","userId":"alice","userName":"Alice"}]},
  {"parameters":[{"_class":"hudson.model.StringParameterValue","name":"ROUNDS","value":"300"},{"name":"DRY","value":false},{"_class":"hudson.model.PasswordParameterValue","name":"PW"},{"name":"API_TOKEN","value":"hush"}]},
  {"_class":"hudson.plugins.git.util.BuildData","lastBuiltRevision":{"SHA1":"1111111111111111111111111111111111111111","branch":[{"name":"master"}]},"remoteUrls":["https://github.com/acme/shared-library"]},
  {"_class":"hudson.plugins.git.util.BuildData","lastBuiltRevision":{"SHA1":"3f786850e387550fdab836ed7e6dc881de23001b","branch":[{"name":"refs/remotes/origin/main"}]},"remoteUrls":["git@github.com:acme/fraud.git"]}],
 "changeSets":[{"kind":"git","items":[{"msg":"Raise the rounds","author":{"fullName":"Alice"}}]},{"items":[{"msg":"Bump","author":{"fullName":"Bob"}}]}]}`
}

const stages42 = `{"id":"42","name":"#42","status":"FAILED","stages":[
 {"id":"5","name":"Build","status":"SUCCESS","startTimeMillis":1786356900200,"durationMillis":1000},
 {"id":"7","name":"Unit","status":"SUCCESS","startTimeMillis":1786356901200,"durationMillis":5000},
 {"id":"8","name":"Lint","status":"FAILED","startTimeMillis":1786356901210,"durationMillis":3000},
 {"id":"11","name":"Deploy","status":"NOT_EXECUTED","startTimeMillis":1786356906300,"durationMillis":0}]}`

// ServeHTTP is http.Handler.
func (j *lookalike) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	j.asked = append(j.asked, r.URL.EscapedPath()+" "+r.URL.Query().Get("tree"))
	if user, token, _ := r.BasicAuth(); user != "hub" || token != "t0ken" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.Header().Set("Date", jenkinsDate)
	if j.status != 0 {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(j.status)
		return
	}
	body, ok := j.answers[r.URL.EscapedPath()]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	fmt.Fprint(w, body)
}

func (j *lookalike) account(more ...string) integrations.Account {
	a := integrations.Account{ID: 1, Name: "ci", Settings: map[string]string{"url": j.URL, "user": "hub", "token": "t0ken", "repository": "acme/fraud"}}
	for i := 0; i+1 < len(more); i += 2 {
		a.Settings[more[i]] = more[i+1]
	}
	return a
}

func (j *lookalike) source() *Source {
	s := New(j.Client())
	s.Now = func() time.Time { return time.Date(2026, 8, 10, 10, 20, 0, 0, time.UTC) }
	return s
}
