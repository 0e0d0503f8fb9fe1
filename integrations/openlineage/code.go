package openlineage

import (
	"cmp"
	"net/url"
	"regexp"
	"strings"

	"throughline/models"
)

// kind is the job facet "jobType".
type kind struct {
	Processing  string `json:"processingType"`
	Integration string `json:"integration"`
	Type        string `json:"jobType"`
}

func (e event) jobType() (k kind) {
	e.job().Facets.read("jobType", &k)
	k.Type, k.Integration = text(k.Type, 50), strings.ToLower(text(k.Integration, 50))
	return k
}

var integrationOf = regexp.MustCompile(`/integration/([a-z0-9_-]+)`)

// system is what ran the job: airflow, dbt, spark, flink.
func (e event) system() string {
	if k := e.jobType(); k.Integration != "" {
		return k.Integration
	}
	var engine struct{ Name string }
	if e.Run.Facets.read("processing_engine", &engine) && engine.Name != "" {
		return strings.ToLower(text(engine.Name, 50))
	}
	producer := strings.ToLower(e.Producer)
	if m := integrationOf.FindStringSubmatch(producer); m != nil {
		return text(m[1], 50)
	}
	if strings.Contains(producer, "github.com/apache/airflow") {
		return "airflow"
	}
	return ""
}

// location is the job facet "sourceCodeLocation".
type location struct {
	Type, URL, RepoURL, Path, Version, Tag, Branch, PullRequestNumber string
}

// code links the run to the commit that its job's code is of.
func (e event) code(d *models.Description) {
	var l location
	if !e.job().Facets.read("sourceCodeLocation", &l) {
		return
	}
	put(d.Facts, models.FactBranch, text(l.Branch, 200))
	put(d.Facts, "tag", text(l.Tag, 200))
	repository := l.repository()
	if key := models.CommitKey(repository, l.Version); key != "" && len(key) <= longestKey {
		d.Links = append(d.Links, models.LinkTo{Relation: models.BuiltFrom, To: models.Ref{Kind: models.Commit, Key: text(key, longestKey)}})
	} else if models.CommitKey("any/repository", l.Version) != "" {
		d.Facts[models.FactHeadSHA] = strings.ToLower(strings.TrimSpace(l.Version))
	}
	if n := text(l.PullRequestNumber, 20); digits.MatchString(n) && repository != "" {
		key := models.PullRequestKey(repository, n)
		d.Links = append(d.Links, models.LinkTo{Relation: models.Mentions, To: models.Ref{Kind: models.PullRequest, Key: key}})
	}
}

var digits = regexp.MustCompile(`^[1-9][0-9]{0,9}$`)

// longestKey limits the keys made here, in bytes.
const longestKey = 1000

// repository is the repository's key; from the address of the file where the
// repository itself is not named.
func (l location) repository() string {
	if key := models.RepositoryKey(text(l.RepoURL, 500)); key != "" {
		return key
	}
	before, _, found := strings.Cut(text(l.URL, 1000), "/-/blob/")
	if !found {
		before, _, found = strings.Cut(text(l.URL, 1000), "/blob/")
	}
	if !found {
		return ""
	}
	return models.RepositoryKey(before)
}

// webAddress is an address of the web, or nothing.
func webAddress(raw string) string {
	u, err := url.Parse(text(raw, 2000))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	u.User = nil
	return u.String()
}

// owners are whom the facet "ownership" names: team:risk, user:dana, or a bare name.
func owners(f facets) (out []models.OwnerClaim) {
	var list struct {
		Owners []struct{ Name, Type string }
	}
	f.read("ownership", &list)
	seen := map[models.OwnerClaim]bool{}
	for _, o := range list.Owners[:min(len(list.Owners), 50)] {
		person := text(o.Name, 200)
		if name, ok := strings.CutPrefix(person, "user:"); ok {
			person = strings.TrimSpace(name)
		}
		claim := models.OwnerClaim{Person: person, As: cmp.Or(roles[strings.ToLower(text(o.Type, 50))], "owner")}
		if person != "" && !seen[claim] {
			seen[claim], out = true, append(out, claim)
		}
	}
	return out
}

// roles are the spec's free words for owners, in ours; any other is an owner.
var roles = map[string]string{"steward": "steward", "data_steward": "steward", "deputy": "deputy", "on-call": "on-call", "oncall": "on-call"}
