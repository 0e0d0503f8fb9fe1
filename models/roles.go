package models

import (
	"slices"
	"strconv"
	"time"
)

// Role is access, per project (decisions.md §6).
type Role string

// The roles, from least to most.
const (
	Nobody        Role = ""
	Viewer        Role = "viewer"
	Contributor   Role = "contributor"
	Maintainer    Role = "maintainer"
	Administrator Role = "administrator"
)

// Roles lists the roles from least to most.
var Roles = []Role{Viewer, Contributor, Maintainer, Administrator}

// AtLeast tells whether r includes all that need allows.
func (r Role) AtLeast(need Role) bool { return slices.Index(Roles, r) >= slices.Index(Roles, need) }

// Known tells whether r is one of Roles.
func (r Role) Known() bool { return slices.Contains(Roles, r) }

// Scope limits what a token may do within its role.
type Scope string

// The scopes of tokens. A token without scopes may do all that its role allows.
const (
	ScopeRead        Scope = "read"
	ScopeEvents      Scope = "events:write"      // hooks of bots
	ScopeRuns        Scope = "runs:write"        // runs only
	ScopeDeployments Scope = "deployments:write" // deployments only
	ScopeWrite       Scope = "write"             // everything else that the role allows
)

// Scopes lists the scopes.
var Scopes = []Scope{ScopeRead, ScopeEvents, ScopeRuns, ScopeDeployments, ScopeWrite}

// Principal is who is asking: a person by session, a bot by token, an
// integration by signature, or nobody.
type Principal struct {
	PersonID      int64
	TokenID       int64
	IntegrationID int64
	Name          string // as activity shows it
	Email         string
	Hub           Role           // a role held in every project
	Projects      map[int64]Role // roles by project id
	Scopes        []Scope        // of a token; empty means no limit
	Session       string         // a person's sign-in, by the id that may be shown; empty for others
	Strong        bool           // the person showed two factors
	NeedsSecond   bool           // the hub asks for a second factor and the sign-in has none
	Proved        time.Time      // when the person last proved who they are
	Expires       time.Time      // zero means never
}

// Anonymous tells whether nobody is signed in.
func (p Principal) Anonymous() bool { return p.PersonID == 0 && p.TokenID == 0 && p.IntegrationID == 0 }

// RoleIn is the role in one project.
func (p Principal) RoleIn(project int64) Role {
	if p.Projects[project].AtLeast(p.Hub) {
		return p.Projects[project]
	}
	return p.Hub
}

// Best is the greatest role held anywhere.
func (p Principal) Best() Role {
	best := p.Hub
	for _, r := range p.Projects {
		if r.AtLeast(best) {
			best = r
		}
	}
	return best
}

// Allows tells whether a token's scopes include one of those wanted.
func (p Principal) Allows(any ...Scope) bool {
	if len(p.Scopes) == 0 {
		return true
	}
	return slices.ContainsFunc(any, func(s Scope) bool { return slices.Contains(p.Scopes, s) })
}

// Sees tells whether the principal may view at least one of the projects.
func (p Principal) Sees(projects []int64) bool {
	if p.Hub.AtLeast(Viewer) {
		return true
	}
	return slices.ContainsFunc(projects, func(id int64) bool { return p.Projects[id].AtLeast(Viewer) })
}

// Visible lists the projects the principal may view; all is true for hub roles.
func (p Principal) Visible() (ids []int64, all bool) {
	if p.Hub.AtLeast(Viewer) {
		return nil, true
	}
	for id, r := range p.Projects {
		if r.AtLeast(Viewer) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, false
}

// Actor is the short name of the principal on activity rows:
// "person:3", "token:7", "integration:2" or "system".
func (p Principal) Actor() string {
	switch {
	case p.TokenID != 0:
		return "token:" + itoa(p.TokenID)
	case p.PersonID != 0:
		return "person:" + itoa(p.PersonID)
	case p.IntegrationID != 0:
		return "integration:" + itoa(p.IntegrationID)
	}
	return "system"
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
