package views

import (
	"strings"

	"throughline/models"
)

// sentence says what an activity did, without its actor and subject.
func sentence(a models.Activity) string {
	d := func(name string) string { return plain(a.Detail[name]) }
	switch a.Action {
	case "card.moved":
		if d("from") == "" {
			return "moved to " + d("to")
		}
		return "moved from " + d("from") + " to " + d("to")
	case "subject.changed":
		return changed(a)
	case "member.set":
		return "gave a member the role " + d("role")
	case "member.removed":
		return "took a member's role"
	case "team.created", "team.changed", "team.deleted":
		return strings.TrimPrefix(a.Action, "team.") + " the team " + or(d("name"), d("team"))
	case "team.role_set":
		return "gave the team " + d("team") + " the role " + d("role")
	case "team.role_removed":
		return "took the role of the team " + d("team")
	case "team.member_set":
		return "set a member of the team " + d("team")
	case "team.member_removed":
		return "took a member out of the team " + d("team")
	case "invitation.created", "invitation.revoked":
		return strings.TrimPrefix(a.Action, "invitation.") + " an invitation"
	case "invitation.used":
		return "joined by an invitation"
	case "owner.handed_over":
		return "handed over what a leaver owned"
	case "integration.created", "integration.changed", "integration.deleted":
		return strings.TrimPrefix(a.Action, "integration.") + " the integration " + d("integration")
	case "integration.checked":
		return "checked what the integration " + d("integration") + " may do"
	case "integration.hooked":
		return "set up the webhooks of the integration " + d("integration")
	case "audit.exported":
		return "exported " + d("rows") + " rows of the record as " + d("format")
	case "governance.set":
		return "said what the data is: " + models.Classification(d("classification")).Word()
	case "person.anonymised", "person.exported":
		return strings.TrimPrefix(a.Action, "person.") + " person " + d("person")
	case "retention.ran":
		return "cleared away what was kept long enough"
	case "access.refused":
		return "was refused " + d("route")
	case "token.created":
		return "created the token " + d("name")
	case "project.created":
		return "created the project " + d("name")
	case "file.added":
		if list, _ := a.Detail["files"].([]any); len(list) > 1 {
			return "added " + itoa(len(list)) + " files"
		}
		return "added a file"
	case "file.deleted", "file.purged":
		return strings.TrimPrefix(a.Action, "file.") + " a file"
	case "link.added", "link.removed":
		return strings.TrimPrefix(a.Action, "link.") + " a link, " + models.Relation(d("relation")).Word()
	}
	return strings.ReplaceAll(strings.ReplaceAll(a.Action, ".", " "), "_", " ")
}

// changed tells the event, the state that it led to, or else what changed.
func changed(a models.Activity) string {
	event, state := plain(a.Detail["event"]), models.State(plain(a.Detail["state"]))
	names := factNames(a.Detail["changed"])
	switch {
	case has(a.Detail["changed"], models.FactState) && state != "":
		return or(event, "changed") + ", now " + state.Word()
	case len(names) > 3:
		return or(event, "changed") + ": " + strings.Join(names[:3], ", ") + " and " + itoa(len(names)-3) + " more"
	case len(names) > 0:
		return or(event, "changed") + ": " + strings.Join(names, ", ")
	}
	return or(event, "described")
}

func has(v any, word string) bool {
	list, _ := v.([]any)
	for _, w := range list {
		if plain(w) == word {
			return true
		}
	}
	return false
}

func factNames(v any) (out []string) {
	list, _ := v.([]any)
	for _, n := range list {
		if s := plain(n); s != "" && !strings.HasPrefix(s, "_") {
			out = append(out, strings.NewReplacer("_", " ", ".", " ").Replace(s))
		}
	}
	return out
}
