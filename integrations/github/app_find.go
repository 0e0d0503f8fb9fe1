package github

import (
	"context"
	"slices"
	"strings"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/models"
)

// find looks for the installation that the settings mean: the only one, or that
// of the repositories' owner.
func (a *app) find(ctx context.Context) (int64, error) {
	api := gogithub.NewClient(a.client(a.self))
	api.BaseURL = a.base
	list, _, err := api.Apps.ListInstallations(ctx, &gogithub.ListOptions{PerPage: pageSize})
	if err != nil {
		return 0, appTrouble(err)
	}
	var fit []*gogithub.Installation
	for _, i := range list {
		if len(list) == 1 || slices.ContainsFunc(a.owners, func(o string) bool { return strings.EqualFold(o, i.GetAccount().GetLogin()) }) {
			fit = append(fit, i)
		}
	}
	switch {
	case len(list) == 0:
		return 0, models.FieldErrorf(models.Unprocessed, "installation", "The App is not installed anywhere yet. Install it, on its own settings page under Install App, for the account that owns the repositories.")
	case len(fit) != 1:
		return 0, models.FieldErrorf(models.Unprocessed, "installation", "The App is installed for %s: name the repositories as OWNER/NAME, or enter the number of the installation.", logins(list))
	}
	return fit[0].GetID(), nil
}

func logins(list []*gogithub.Installation) string {
	names := make([]string, 0, len(list))
	for _, i := range list {
		names = append(names, i.GetAccount().GetLogin())
	}
	return strings.Join(names, ", ")
}
