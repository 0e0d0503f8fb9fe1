package github

import (
	"encoding/json"
	"net/url"
	"strconv"
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
	list := "user/repos"
	switch {
	case t.Kind == findNamed:
		return "repos/" + t.Arg
	case t.Kind == findOwner:
		list = "orgs/" + url.PathEscape(t.Arg) + "/repos"
	case t.Kind == findUser:
		list = "users/" + url.PathEscape(t.Arg) + "/repos"
	case byApp(v.account):
		list = "installation/repositories"
	}
	return pageOf(list+"?sort=full_name", t.Page)
}

// find asks for one page of repositories.
func (v *visit) find() error {
	t := v.Finds[0]
	if t.Kind == findOwner && v.person(t.Arg) {
		t.Kind = findUser
	}
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

// person tells whether an owner turned out in an earlier round to be no organisation.
func (v *visit) person(owner string) bool {
	_, known := v.Pages[task{Kind: findUser, Arg: owner, Page: 1}.page()]
	return known
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
	page := v.Pages[t.page()]
	v.Seen = append(v.Seen, page.Names...)
	if page.More {
		v.more(t)
	}
}

// page names a page of repositories in the memory.
func (t task) page() string { return t.Kind + " " + t.Arg + " " + strconv.Itoa(t.Page) }

func (v *visit) more(t task) {
	t.Page++
	v.Finds = append(v.Finds, t)
}

// foundRepository is a repository as lists hold it.
type foundRepository struct {
	FullName  string `json:"full_name"`
	HTMLURL   string `json:"html_url"`
	CreatedAt string `json:"created_at"`
	PushedAt  string `json:"pushed_at"`
}

// meet takes in one page of repositories, those that a pattern wants.
func (v *visit) meet(t task, a answer) error {
	list, err := repositoriesOf(a)
	if err != nil {
		return err
	}
	page := foundPage{More: a.next > 0}
	for _, r := range list {
		if fullNamePattern.MatchString(r.FullName) && wanted(v.account, r.FullName) {
			page.Names = append(page.Names, v.know(r))
		}
	}
	if v.Pages == nil {
		v.Pages = map[string]foundPage{}
	}
	v.Pages[t.page()] = page
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
