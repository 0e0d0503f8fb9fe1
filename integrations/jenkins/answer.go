package jenkins

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// buildFields is what is asked of a build.
const buildFields = "_class,number,url,timestamp,duration,building,result,queueId,builtOn,artifacts[relativePath]," +
	"actions[_class,causes[_class,userId,userName,upstreamProject,upstreamBuild],lastBuiltRevision[SHA1,branch[name]],remoteUrls," +
	"parameters[_class,name,value],failCount,skipCount,totalCount]," +
	"changeSet[items[msg,author[fullName]]],changeSets[items[msg,author[fullName]]]"

// build is a build as the remote API tells it.
type build struct {
	Number     int64
	URL        string
	Timestamp  int64
	Duration   int64
	Building   bool
	Result     string
	QueueID    int64  `json:"queueId"`
	BuiltOn    string `json:"builtOn"`
	Artifacts  []struct{ RelativePath string }
	Actions    []action
	ChangeSet  changes   // of freestyle jobs
	ChangeSets []changes // of pipelines
}

type action struct {
	Causes []struct {
		Class           string `json:"_class"`
		UserID          string `json:"userId"`
		UserName        string
		UpstreamProject string
		UpstreamBuild   int64
	}
	LastBuiltRevision struct {
		SHA1   string
		Branch []struct{ Name string }
	}
	RemoteURLs []string `json:"remoteUrls"`
	Parameters []struct {
		Class string `json:"_class"`
		Name  string
		Value any
	}
	FailCount, SkipCount, TotalCount int64
}

type changes struct {
	Items []struct {
		Msg    string
		Author struct{ FullName string }
	}
}

// open tells whether the build is not over. One that builds may have a result
// already; one that does not may have none yet.
func (b build) open() bool { return b.Building || b.Result == "" }

// asked is by how many milliseconds what was asked is told after what was posted.
const asked = 4

func (b build) describe(a integrations.Account, d *models.Description, clock time.Time) {
	b.stand(d, clock)
	if b.QueueID > 0 {
		d.Facts["queue_id"] = b.QueueID
	}
	integrations.Told(d.Facts, "agent", integrations.Line(b.BuiltOn, 200))
	for _, action := range b.Actions {
		action.cause(d.Facts)
		for _, p := range action.Parameters {
			if !strings.Contains(p.Class, "Password") {
				params(d.Facts, p.Name, p.Value)
			}
		}
		integrations.Told(d.Facts, models.FactSummary, tests(action.TotalCount, action.FailCount, action.SkipCount))
	}
	for _, file := range b.Artifacts {
		artifact(d.Facts, d.Ref.Key, file.RelativePath)
	}
	b.changes(d)
	if checkout, ok := chosen(a, b.Actions); ok {
		checkout.attach(a, d)
	}
}

func (b build) stand(d *models.Description, clock time.Time) {
	began := integrations.Milli(b.Timestamp)
	if b.open() {
		d.State, d.Raw, d.StateAt = models.Running, "BUILDING", began
		if d.At = after(began, 1); clock.After(d.At) {
			d.At = clock
		}
		timed(d.Facts, began, time.Time{})
		return
	}
	ended := endOf(b.Timestamp, b.Duration)
	d.State, d.Raw, d.StateAt, d.At = state(b.Result), b.Result, ended, after(ended, asked)
	timed(d.Facts, began, ended)
}

// cause says what started the build, and who.
func (a action) cause(facts map[string]any) {
	for _, c := range a.Causes {
		class := c.Class[strings.LastIndexAny(c.Class, ".$")+1:]
		word := integrations.Line(strings.TrimSuffix(class, "Cause"), 100)
		if known := causes[class]; known != "" {
			word = known
		}
		integrations.Told(facts, models.FactTrigger, word)
		integrations.Told(facts, models.FactActor, integrations.Line(cmp.Or(c.UserID, c.UserName), 200))
		if c.UpstreamProject != "" {
			facts["upstream"] = integrations.Line(c.UpstreamProject, 300) + " #" + strconv.FormatInt(c.UpstreamBuild, 10)
		}
	}
}

// causes are the common causes in our words.
var causes = map[string]string{
	"UserIdCause": "user", "UserCause": "user", "TimerTriggerCause": "schedule", "SCMTriggerCause": "push",
	"GitHubPushCause": "push", "BranchEventCause": "push", "GitLabWebHookCause": "push", "BranchIndexingCause": "push",
	"UpstreamCause": "upstream", "BuildUpstreamCause": "upstream", "RemoteCause": "remote", "ReplayCause": "replay", "GenericCause": "webhook",
}

// changes are the first lines of what is new in the build, for search.
func (b build) changes(d *models.Description) {
	count, words := 0, []string{}
	for _, set := range append([]changes{b.ChangeSet}, b.ChangeSets...) {
		for _, item := range set.Items {
			if count++; count <= 20 {
				line, _, _ := strings.Cut(item.Msg, "\n")
				words = append(words, integrations.Line(line, 200))
			}
		}
	}
	if count > 0 {
		d.Facts["changes"], d.Text = count, strings.Join(words, "\n")
	}
}

// checkout is one of the repositories that a build checked out.
type checkout struct{ repository, sha, branch string }

// chosen is the checkout of what the build is about: of the account's repository,
// or the only one there is. A build that failed early has none; one with shared
// libraries several.
func chosen(a integrations.Account, actions []action) (checkout, bool) {
	own := models.RepositoryKey(a.Get("repository"))
	var all []checkout
	for _, action := range actions {
		c := checkout{sha: action.LastBuiltRevision.SHA1}
		for _, name := range action.LastBuiltRevision.Branch {
			c.branch = cmp.Or(c.branch, branch(name.Name))
		}
		for _, address := range action.RemoteURLs {
			c.repository = cmp.Or(c.repository, address)
			if own != "" && models.RepositoryKey(address) == own {
				c.repository = address
				return c, c.sha != ""
			}
		}
		if c.sha != "" {
			all = append(all, c)
		}
	}
	if own != "" || len(all) == 0 {
		return checkout{}, false
	}
	for _, c := range all[1:] {
		if models.RepositoryKey(c.repository) != models.RepositoryKey(all[0].repository) {
			return checkout{}, false
		}
	}
	return all[0], true
}

func (c checkout) attach(a integrations.Account, d *models.Description) {
	integrations.Told(d.Facts, models.FactBranch, c.branch)
	built(a, d, c.repository, c.sha)
}
