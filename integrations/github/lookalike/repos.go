package lookalike

import (
	"sort"
	"strings"
	"time"
)

// Repo is a repository.
type Repo struct {
	s         *Server
	ID        int64
	Owner     *User
	Name      string
	Default   string // branch
	Private   bool
	Deleted   bool
	Parent    *Repo // of a fork
	CreatedAt time.Time
	PushedAt  time.Time
	UpdatedAt time.Time
	Branches  map[string]string // their newest commits
	Tags      map[string]tag
	Files     map[string]string // of the default branch, by path
	Pulls     []*Pull
	Runs      []*Run

	oldNames    []string
	lastNumber  int
	lastRun     map[string]int // numbers by workflow
	commits     map[string]*Commit
	order       []string
	checks      map[string][]*Check // by sha
	statuses    map[string][]*Status
	suites      map[string][]*suite
	deployments []*Deployment
	comments    []*Comment
}

// tag points at a commit, an annotated one through an object of its own.
type tag struct{ sha, object string }

// Repo is the repository of a name, acme/fraud, made with a first commit where
// there is none. Its owner becomes an organisation unless it is a person already.
func (s *Server) Repo(fullName string) *Repo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.repo(fullName, "Organization")
}

// UserRepo is Repo for a repository of a person's own.
func (s *Server) UserRepo(fullName string) *Repo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.repo(fullName, "User")
}

func (s *Server) repo(fullName, kind string) *Repo {
	if r := s.named(fullName); r != nil {
		return r
	}
	owner, name, _ := strings.Cut(fullName, "/")
	known := s.owners[strings.ToLower(owner)] != nil
	u := s.user(owner)
	if !known {
		u.Type = kind
	}
	r := &Repo{s: s, ID: s.id(), Owner: u, Name: name, Default: "main", Private: true, CreatedAt: s.clock.AddDate(-1, 0, 0), UpdatedAt: s.clock,
		Branches: map[string]string{}, Tags: map[string]tag{}, Files: map[string]string{}, lastRun: map[string]int{}, commits: map[string]*Commit{},
		checks: map[string][]*Check{}, statuses: map[string][]*Status{}, suites: map[string][]*suite{}}
	r.Branches["main"] = r.commit(u, "First commit").SHA
	r.PushedAt = s.clock
	s.repos = append(s.repos, r)
	return r
}

// Fork is a person's fork of the repository.
func (r *Repo) Fork(login string) *Repo {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	fork := r.s.repo(login+"/"+r.Name, "User")
	fork.Parent = r
	return fork
}

// FullName is owner/name.
func (r *Repo) FullName() string { return r.Owner.Login + "/" + r.Name }

func (s *Server) named(fullName string) *Repo {
	for _, r := range s.repos {
		if strings.EqualFold(r.FullName(), fullName) && !r.Deleted {
			return r
		}
	}
	return nil
}

// moved is the repository that had the name before.
func (s *Server) moved(fullName string) *Repo {
	for _, r := range s.repos {
		for _, old := range r.oldNames {
			if strings.EqualFold(old, fullName) && !r.Deleted {
				return r
			}
		}
	}
	return nil
}

// Rename gives the repository another name; the old address leads to it.
func (r *Repo) Rename(name string) {
	r.s.change(func() {
		from := r.Name
		r.oldNames = append(r.oldNames, r.FullName())
		r.Name, r.UpdatedAt = name, r.s.clock
		r.emit("repository", "renamed", r.Owner, object{"changes": object{"repository": object{"name": object{"from": from}}}})
	})
}

// Delete takes the repository away. Pull requests from a fork stay, without it.
func (r *Repo) Delete() {
	r.s.change(func() {
		r.emit("repository", "deleted", r.Owner, object{})
		r.Deleted = true
	})
}

func (r *Repo) html() string { return r.s.Web + "/" + r.FullName() }
func (r *Repo) url() string  { return r.s.api() + "/repos/" + r.FullName() }

// minimal is what runs hold of their repository.
func (r *Repo) minimal() object {
	return object{"id": r.ID, "node_id": node("R", r.ID), "name": r.Name, "full_name": r.FullName(), "private": r.Private, "owner": r.Owner.json(r.s),
		"html_url": r.html(), "description": nil, "fork": r.Parent != nil, "url": r.url()}
}

// json is the repository; nil for one that is gone.
func (r *Repo) json() any {
	if r == nil || r.Deleted {
		return nil
	}
	visibility := "public"
	if r.Private {
		visibility = "private"
	}
	return with(r.minimal(), object{"created_at": stamp(r.CreatedAt), "updated_at": stamp(r.UpdatedAt), "pushed_at": stamp(r.PushedAt), "default_branch": r.Default,
		"archived": false, "disabled": false, "visibility": visibility, "clone_url": r.html() + ".git", "size": 108, "language": "Python", "open_issues_count": 0})
}

// pushed is the repository as pushes hold it, with times as seconds.
func (r *Repo) pushed() object {
	out, _ := r.json().(object)
	return with(out, object{"created_at": r.CreatedAt.Unix(), "pushed_at": r.PushedAt.Unix(), "master_branch": r.Default})
}

// SetFile puts a file on the default branch, as a commit; empty takes it away.
func (r *Repo) SetFile(path, content, by string) *Commit {
	var c *Commit
	r.s.change(func() {
		verb := "Update "
		if content == "" {
			verb = "Delete "
			delete(r.Files, path)
		} else {
			r.Files[path] = content
		}
		c = r.advance(r.Default, r.s.user(by), verb+path)
	})
	return c
}

// Commit adds a commit to a branch, which is made when there is none.
func (r *Repo) Commit(branch, message, by string) *Commit {
	var c *Commit
	r.s.change(func() { c = r.advance(branch, r.s.user(by), message) })
	return c
}

// advance pushes one new commit to a branch.
func (r *Repo) advance(branch string, by *User, message string) *Commit {
	before := r.Branches[branch]
	parent := before
	if parent == "" {
		parent = r.Branches[r.Default]
	}
	c := r.commit(by, message, parent)
	r.push(branch, before, by, c)
	return c
}

// push moves a branch to the last of some commits and tells of it.
func (r *Repo) push(branch, before string, by *User, commits ...*Commit) {
	r.Branches[branch] = commits[len(commits)-1].SHA
	r.PushedAt = r.s.clock
	r.UpdatedAt = r.s.clock
	r.emitPush("refs/heads/"+branch, before, r.Branches[branch], by, commits)
}

// Tag points a tag at a commit; an annotated one has an object of its own.
func (r *Repo) Tag(name, sha string, annotated bool, by string) {
	r.s.change(func() {
		t := tag{sha: sha}
		after := sha
		if annotated {
			t.object = r.s.sha()
			after = t.object
		}
		r.Tags[name], r.PushedAt = t, r.s.clock
		u := r.s.user(by)
		r.emit("create", "", u, object{"ref": name, "ref_type": "tag", "master_branch": r.Default, "pusher_type": "user"})
		r.emitPush("refs/tags/"+name, zeros, after, u, nil)
	})
}

// DeleteBranch takes a branch away.
func (r *Repo) DeleteBranch(name, by string) {
	r.s.change(func() { r.dropBranch(name, r.s.user(by)) })
}

func (r *Repo) dropBranch(name string, by *User) {
	before := r.Branches[name]
	delete(r.Branches, name)
	r.PushedAt = r.s.clock
	r.emit("delete", "", by, object{"ref": name, "ref_type": "branch", "pusher_type": "user"})
	r.emitPush("refs/heads/"+name, before, zeros, by, nil)
}

func (r *Repo) branchNames() []string {
	var out []string
	for name := range r.Branches {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}
