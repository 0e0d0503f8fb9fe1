package models

import (
	"regexp"
	"strings"
	"time"
)

// Function is craft: what a person or team does in a project, besides the access
// that a Role gives.
type Function string

// Functions lists the functions. Empty is none in particular.
var Functions = []Function{"data_scientist", "ml_engineer", "backend_engineer", "data_owner", "manager"}

// Known tells whether f is one of Functions, or none.
func (f Function) Known() bool {
	for _, one := range Functions {
		if f == one {
			return true
		}
	}
	return f == ""
}

// Word is the function as people read it.
func (f Function) Word() string {
	return strings.ReplaceAll(strings.Replace(string(f), "ml_", "ML ", 1), "_", " ")
}

// Team is a group of people of the hub that has roles in projects and owns things.
type Team struct {
	ID        int64
	Key       string // a slug, as in team:fraud-data
	Name      string
	Members   int // those whose accounts are open
	CreatedAt time.Time
}

// TeamOwner is how an owner that is a team is written: team:KEY.
const TeamOwner = "team:"

// Owner is the team as an owner is written.
func (t Team) Owner() string { return TeamOwner + t.Key }

var teamKey = regexp.MustCompile(`^[a-z][a-z0-9-]{1,39}$`)

// CleanTeamKey is a team's key as it is kept; empty when it is none.
func CleanTeamKey(raw string) string {
	key := strings.ToLower(strings.TrimSpace(raw))
	if !teamKey.MatchString(key) {
		return ""
	}
	return key
}

// TeamMember is a person in a team.
type TeamMember struct {
	Account  Account
	Function Function
	Lead     bool // may change the members
	Since    time.Time
}

// TeamRole is a team's place in one project.
type TeamRole struct {
	Team     Team
	Project  Project
	Role     Role
	Function Function
	Since    time.Time
}

// Invitation lets one person in, once: with an account where they have none, a
// role in a project, a place in a team, a role in the hub.
type Invitation struct {
	ID        int64
	Email     string // for this address only; empty: whoever has the link
	Project   string // key, or empty
	Role      Role   // in the project
	Team      string // key, or empty
	TeamName  string
	Hub       Role
	Function  Function
	By        string // the name of who invited
	CreatedAt time.Time
	ExpiresAt time.Time
}
