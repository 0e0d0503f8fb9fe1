package github

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"strings"

	"throughline/integrations"
	"throughline/models"
)

// The ways to find repositories.
const (
	findNamed = "named" // acme/fraud
	findOwner = "owner" // acme/*: of an organisation, or else of a person
	findUser  = "user"  // of a person
	findAll   = "all"   // all that the token may read
)

// where says how to find the repositories of a pattern.
func where(account integrations.Account, pattern string) task {
	owner, name, both := strings.Cut(pattern, "/")
	switch {
	case byApp(account) && strings.ContainsAny(pattern, `*?[\`):
	case both && !strings.ContainsAny(pattern, `*?[\`):
		return task{Kind: findNamed, Arg: pattern}
	case both && name != "" && !strings.ContainsAny(owner, `*?[\`):
		return task{Kind: findOwner, Arg: owner, Page: 1}
	}
	return task{Kind: findAll, Page: 1}
}

func (v *visit) findAddress(t task) string {
	list := fmt.Sprintf("?per_page=%d&sort=full_name&page=%d", pageSize, t.Page)
	switch t.Kind {
	case findNamed:
		return "repos/" + t.Arg
	case findOwner:
		return "orgs/" + url.PathEscape(t.Arg) + "/repos" + list
	case findUser:
		return "users/" + url.PathEscape(t.Arg) + "/repos" + list
	}
	if byApp(v.account) {
		return "installation/repositories" + list
	}
	return "user/repos" + list
}

// find asks for one page of repositories.
func (v *visit) find() error {
	t := v.Finds[0]
	if t.Kind == findAppHook || t.Kind == findOrgHooks {
		return v.nextFind(v.above(t))
	}
	a, err := v.getNew(v.findAddress(t))
	switch {
	case err != nil && absent(err) && t.Kind == findOwner: // a person's, then
		v.Finds[0] = task{Kind: findUser, Arg: t.Arg, Page: 1}
		return nil
	case err != nil && forbidden(err) && !everything(err) && len(v.Repos) > 0:
		v.hidden(t, err)
	case err != nil:
		return err
	case a.unchanged:
		v.again(t)
	default:
		if err := v.meet(t, a); err != nil {
			return err
		}
	}
	return v.nextFind(nil)
}

// nextFind goes on, after the last one with the repositories.
func (v *visit) nextFind(err error) error {
	if err != nil {
		return err
	}
	v.moved = true
	v.Finds = v.Finds[1:]
	if len(v.Finds) == 0 {
		v.plan()
	}
	return nil
}

// again meets the repositories of a page that did not change.
func (v *visit) again(t task) {
	page := t.Kind + " " + t.Arg + " " + fmt.Sprint(t.Page)
	v.Seen = append(v.Seen, v.Pages[page].Names...)
	if v.Pages[page].More {
		v.more(t)
	}
}

func (v *visit) more(t task) {
	t.Page++
	v.Finds = append(v.Finds, t)
}

// found is a repository as lists hold it.
type foundRepository struct {
	FullName      string `json:"full_name"`
	HTMLURL       string `json:"html_url"`
	CreatedAt     string `json:"created_at"`
	PushedAt      string `json:"pushed_at"`
	DefaultBranch string `json:"default_branch"`
}

// meet takes in one page of repositories, those that a pattern wants.
func (v *visit) meet(t task, a answer) error {
	list, err := repositoriesOf(a)
	if err != nil {
		return err
	}
	page := foundPage{More: a.next > 0}
	for _, r := range list {
		if fullNamePattern.MatchString(r.FullName) && v.chosen(r.FullName) {
			page.Names = append(page.Names, v.know(r))
		}
	}
	if v.Pages == nil {
		v.Pages = map[string]foundPage{}
	}
	v.Pages[t.Kind+" "+t.Arg+" "+fmt.Sprint(t.Page)] = page
	v.Seen = append(v.Seen, page.Names...)
	v.keep(a)
	if page.More {
		v.more(t)
	}
	return nil
}

// foundPage is what a page of repositories held, for when it did not change.
type foundPage struct {
	Names []string `json:"names"`
	More  bool     `json:"more,omitempty"`
}

// repositoriesOf reads the three shapes: one, a list, an installation's.
func repositoriesOf(a answer) ([]foundRepository, error) {
	if list, err := parse[[]foundRepository](a); err == nil {
		return list, nil
	}
	one, err := parse[struct {
		foundRepository
		Repositories []foundRepository `json:"repositories"`
	}](a)
	if one.FullName != "" {
		return []foundRepository{one.foundRepository}, err
	}
	return one.Repositories, err
}

func (v *visit) chosen(name string) bool {
	for _, pattern := range patterns(v.account) {
		if ok, _ := path.Match(pattern, strings.ToLower(name)); ok || pattern == "*" {
			return true
		}
	}
	return len(patterns(v.account)) == 0
}

// know notes what a list says of a repository.
func (v *visit) know(r foundRepository) string {
	key := strings.ToLower(r.FullName)
	repo := v.Repos[key]
	if repo == nil {
		repo = &mark{State: models.SyncWaiting}
		v.Repos[key] = repo
	}
	repo.Name, repo.Pushed = r.FullName, r.PushedAt
	repo.Repo, _ = json.Marshal(map[string]string{"full_name": r.FullName, "html_url": r.HTMLURL, "created_at": r.CreatedAt})
	v.tell(repo)
	return key
}

// hidden notes that GitHub does not show a repository or a list of them. It may
// be so for a moment only: nothing is forgotten.
func (v *visit) hidden(t task, err error) {
	v.Blind = true
	if t.Kind != findNamed {
		return
	}
	repo := v.Repos[t.Arg]
	if repo == nil {
		repo = &mark{Name: t.Arg}
		v.Repos[t.Arg] = repo
	}
	repo.fail(integrations.Words(trouble(t.Arg, err)))
	v.tell(repo)
}
