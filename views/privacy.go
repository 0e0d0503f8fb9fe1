package views

import (
	"maps"
	"slices"
	"strings"

	"throughline/models"
)

// PersonPage is what an administrator can do with a person's data.
type PersonPage struct {
	Frame   Frame
	Person  models.Account
	Gone    bool             // anonymised already
	Found   map[string]int64 // rows in which they stand, by table; nil before they were counted
	Logins  string           // as typed, with commas
	Confirm string
	Error   string
}

// KeepPage are the settings of how long the hub keeps what.
type KeepPage struct {
	Frame Frame
	Keep  models.Keeping
	Typed map[string]string // a refused form's fields, by name
	Last  models.Cleaning
	Error string
}

// days is what a field of the form holds.
func (p KeepPage) days(r models.KeepRule) string {
	if typed, is := p.Typed[r.Name]; is {
		return typed
	}
	return itoa(*r.Days(&p.Keep))
}

func keepHint(r models.KeepRule) string {
	if r.Forever {
		return r.Hint + " 0 keeps them for ever."
	}
	return r.Hint + " 0 removes them within the hour."
}

// cleaned is what the last run removed, in words.
func cleaned(c models.Cleaning) string {
	var parts []string
	for _, r := range models.KeepRules {
		if n := c.Removed[r.Name]; n > 0 {
			parts = append(parts, strings.ToLower(r.What[:1])+r.What[1:]+": "+id64(n))
		}
	}
	if len(parts) == 0 {
		return "nothing was old enough"
	}
	return strings.Join(parts, "; ")
}

func tableNames(found map[string]int64) []string { return slices.Sorted(maps.Keys(found)) }

// tableWord is a table as people say it.
func tableWord(name string) string { return upper(strings.ReplaceAll(name, "_", " ")) }
