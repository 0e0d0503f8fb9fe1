package github

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/models"
)

// probeApp reads what the installation was granted, and what the App hears of.
func (p *Polled) probeApp(b *probe) error {
	self, app, err := p.asApp(b.account)
	if err != nil {
		return err
	}
	if _, err := app.token(b.ctx); err != nil { // finds the installation, too
		return trouble("the App", err)
	}
	installed, _, err := self.Apps.GetInstallation(b.ctx, app.id)
	if err != nil {
		return appTrouble(err)
	}
	if err := b.repositories(); err != nil {
		return err
	}
	granted := levels(installed.Permissions)
	for _, p := range needed(b.account) {
		b.found = append(b.found, p.finding(enough(granted[p.key], p.level), p.howApp(installed.GetAccount().GetLogin())))
	}
	b.found = append(b.found, heard(installed.Events))
	return nil
}

// levels are the permissions by their keys.
func levels(granted *gogithub.InstallationPermissions) map[string]string {
	out := map[string]string{}
	text, err := json.Marshal(granted)
	if err == nil {
		_ = json.Unmarshal(text, &out) // null where GitHub named none
	}
	return out
}

func enough(have, need string) bool {
	return have == need || have == "write" || have == "admin"
}

func (p permission) howApp(login string) string {
	return fmt.Sprintf("In the App's settings, under Permissions & events: Repository permissions, %s, %s. Then accept the change where it is installed, %s.", p.name, p.word(), login)
}

// heard says whether the App's webhook tells of all that is understood.
func heard(events []string) models.Finding {
	f := models.Finding{Name: "Events", OK: true, Optional: true, Why: "What the App's webhook tells of. What it does not tell is found later, by asking."}
	var lost []string
	for _, e := range hookEvents() {
		if !slices.Contains(events, e) {
			lost = append(lost, e)
		}
	}
	if len(lost) > 0 {
		f.OK, f.How = false, "In the App's settings, under Permissions & events, subscribe to: "+strings.Join(lost, ", ")+"."
	}
	return f
}
