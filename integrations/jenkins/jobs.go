package jenkins

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"throughline/integrations"
)

// job is one job with builds.
type job struct {
	path     string // below Jenkins' own: "/job/acme/job/fraud"
	last     int64  // the number of its newest build
	pipeline bool   // it has stages
}

// listed is a job or folder as the remote API lists it.
type listed struct {
	Class     string                  `json:"_class"`
	URL       string                  `json:"url"`
	LastBuild *struct{ Number int64 } `json:"lastBuild"`
	Jobs      *[]listed               `json:"jobs"`
}

const (
	maxJobs    = 5000
	maxFolders = 50 // that are asked one by one, below the levels of one answer
	jobLevels  = 4
	jobFields  = "_class,url,lastBuild[number]"
)

// jobsTree asks for jobs some levels deep.
func jobsTree() string {
	tree := jobFields
	for range jobLevels {
		tree = jobFields + ",jobs[" + tree + "]"
	}
	return strings.TrimPrefix(tree, jobFields+",")
}

// jobs lists the account's jobs that have builds, in the order of their paths. A
// folder that lies deeper than one answer goes is asked by itself. all tells that
// none was left out.
func jobs(ctx context.Context, server *integrations.Upstream, a integrations.Account) (out []job, all bool, err error) {
	folders := []string{""}
	for asked := 0; len(folders) > 0 && asked < maxFolders && len(out) < maxJobs; asked++ {
		var top listed
		err := server.Get(ctx, folders[0]+"/api/json?tree="+url.QueryEscape(jobsTree()), &top)
		if err != nil && (asked == 0 || !integrations.IsAbsent(err)) {
			return nil, false, err
		}
		folders = folders[1:]
		if top.Jobs != nil {
			flat(*top.Jobs, a, &out, &folders)
		}
	}
	slices.SortFunc(out, func(x, y job) int { return compare(x.path, y.path) })
	out = slices.CompactFunc(out, func(x, y job) bool { return x.path == y.path })
	return out, len(folders) == 0, nil
}

func compare(a, b string) int { return strings.Compare(a, b) }

// flat collects jobs, and the folders whose content the answer does not hold.
func flat(list []listed, a integrations.Account, out *[]job, folders *[]string) {
	for _, l := range list {
		path := below(l.URL)
		switch {
		case path == "":
		case l.Jobs != nil:
			flat(*l.Jobs, a, out, folders)
		case l.LastBuild != nil && l.LastBuild.Number > 0:
			if integrations.Matches(a.Get("jobs"), jobPath(path)) {
				*out = append(*out, job{path, l.LastBuild.Number, strings.Contains(l.Class, "WorkflowJob")})
			}
		case strings.Contains(strings.ToLower(l.Class), "folder") || strings.Contains(l.Class, "MultiBranch"):
			*folders = append(*folders, path)
		}
	}
}

// below is the path of a job's address below Jenkins' own, which callers inside the
// network may know by another name than Jenkins itself does.
func below(address string) string {
	path := strings.TrimRight(pathOf(address), "/")
	i := strings.Index(path, "/job/")
	if i < 0 || strings.Contains(path, "/../") || strings.HasSuffix(path, "/..") {
		return ""
	}
	return path[i:]
}
