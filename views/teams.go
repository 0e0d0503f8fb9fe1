package views

import (
	"net/url"

	"throughline/models"
)

// TeamsPage lists the hub's teams.
type TeamsPage struct {
	Frame     Frame
	Rows      []models.Team
	Key, Name string // what a refused form held
	Error     string
}

// TeamPage is one team: who is in it, where it works, what it owns.
type TeamPage struct {
	Frame       Frame
	Team        models.Team
	Members     []models.TeamMember
	Projects    []models.TeamRole
	Owned       []models.Owned
	Invitations []models.Invitation
	MayLead     bool
	Link        string // of a new invitation, shown once
	Error       string
	At          string // the form that was refused: name, members, invite
	Typed, Name string // what it held
}

// InvitePage is what somebody sees who follows the link of an invitation.
type InvitePage struct {
	Frame       Frame
	Code        string
	Offer       models.Invitation
	Name, Email string
	Error       string
}

// HandoverPage is what somebody has to pass on.
type HandoverPage struct {
	Frame    Frame
	Handover models.Handover
	Teams    []models.Team
	Error    string
	To       string // what a refused form held
}

// Choice is one suggestion of a field.
type Choice struct{ Value, Name string }

func teamPath(key string, rest ...string) string {
	path := "/teams/" + url.PathEscape(key)
	for _, r := range rest {
		path += "/" + r
	}
	return path
}

func handoverPath(person int64) string { return "/people/" + id64(person) + "/handover" }

// offers are the words for what an invitation gives.
func offers(i models.Invitation) (out []string) {
	if i.Project != "" {
		out = append(out, string(i.Role)+" in "+i.Project)
	}
	if i.Team != "" {
		out = append(out, "the team "+i.TeamName)
	}
	if i.Hub != models.Nobody {
		out = append(out, string(i.Hub)+" in the whole hub")
	}
	if len(out) == 0 {
		out = append(out, "an account")
	}
	return out
}

// upTo are the roles that somebody with a role may give.
func upTo(role models.Role) (out []models.Role) {
	for _, r := range models.Roles {
		if role.AtLeast(r) {
			out = append(out, r)
		}
	}
	return out
}

// held is the greater of the roles of the reader in a project and in the hub.
func held(f Frame, p models.Project) models.Role {
	if f.Me.Role.AtLeast(p.Role) {
		return f.Me.Role
	}
	return p.Role
}

// openOwned are those of a hand-over that nobody answers for.
func openOwned(list []models.Owned) (n int) {
	for _, o := range list {
		if o.Open() {
			n++
		}
	}
	return n
}

// mayTake counts what the reader may hand over.
func mayTake(list []models.Owned) (n int) {
	for _, o := range list {
		if o.MayWrite {
			n++
		}
	}
	return n
}

// typedAt gives what a refused form held back to that form alone.
func typedAt(at, form, typed string) string {
	if at == form {
		return typed
	}
	return ""
}

// goneWords say why an owner no longer counts, empty for one who does.
func goneWords(o models.Owner) string {
	if o.Counts() {
		return ""
	}
	return upper(o.Gone)
}

// nobodyIn warns of a team that is empty.
func nobodyIn(t models.Team) string {
	if t.Members == 0 {
		return "t-failed"
	}
	return "muted"
}

func commaWord(f models.Function) string {
	if f == "" {
		return ""
	}
	return ", " + f.Word()
}
