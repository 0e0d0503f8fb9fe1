package github

// Webhooks that are of no repository: an App has one, an organisation may have
// some. Their lost deliveries are found as those of a repository's are.
const (
	findAppHook  = "app hook"
	findOrgHooks = "organisation hooks"
)

// hookTasks are the webhooks above repositories that may post to the account.
func (v *visit) hookTasks() (out []task) {
	if byApp(v.account) {
		return []task{{Kind: findAppHook}}
	}
	for _, t := range v.Finds {
		if t.Kind == findOwner && !v.person(t.Arg) {
			out = append(out, task{Kind: findOrgHooks, Arg: t.Arg})
		}
	}
	return out
}

// above looks through the deliveries of a webhook above repositories. Who may
// not see it lets it be.
func (v *visit) above(t task) error {
	if t.Kind == findAppHook {
		return v.appHook()
	}
	a, err := v.getNew("orgs/" + t.Arg + "/hooks?per_page=100")
	if err != nil {
		return hiddenIsFine(err)
	}
	if !a.unchanged {
		if err := v.orgHooks(t.Arg, a); err != nil {
			return err
		}
		v.keep(a)
	}
	for _, at := range v.Above[t.Arg] {
		if err := v.delivered(at); err != nil {
			return err
		}
	}
	return nil
}

// orgHooks remembers which of an organisation's webhooks post to the account.
func (v *visit) orgHooks(owner string, a answer) error {
	list, err := parse[[]listedHook](a)
	if err != nil {
		return err
	}
	var ours []string
	for _, h := range list {
		if h.ours(v.account.Name) {
			ours = append(ours, "orgs/"+owner+"/hooks/"+h.id()+"/deliveries")
		}
	}
	watch(&v.Above, owner, ours)
	return nil
}

// appHook asks as the App itself: its webhook is not its installation's.
func (v *visit) appHook() error {
	self, _, err := v.source.asApp(v.account)
	if err != nil {
		return err
	}
	installation := v.api
	defer func() { v.api = installation }()
	v.api = self
	return v.delivered("app/hook/deliveries")
}
