package views

import (
	"strings"

	"throughline/models"
)

// browserOf is a browser's name and system, from what it calls itself: good
// enough to tell one's own sessions apart.
func browserOf(agent string) string {
	name, system := firstIn(agent, browsers), firstIn(agent, systems)
	switch {
	case name == "" && agent == "":
		return "Unknown browser"
	case name == "":
		name, _, _ = strings.Cut(agent, " ")
		name, _, _ = strings.Cut(name, "/")
	}
	if system == "" {
		return name
	}
	return name + " on " + system
}

// The order matters: most browsers claim to be others as well.
var browsers = [][2]string{{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"},
	{"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"HeadlessChrome/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}

var systems = [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"},
	{"CrOS", "ChromeOS"}, {"Linux", "Linux"}}

func firstIn(agent string, names [][2]string) string {
	for _, n := range names {
		if strings.Contains(agent, n[0]) {
			return n[1]
		}
	}
	return ""
}

// viaWord says how somebody signed in.
func viaWord(s models.Session) string {
	word := map[models.Via]string{models.ViaPassword: "password", models.ViaPasskey: "passkey", models.ViaReset: "reset link",
		"oidc": "the organisation's sign-in", "github": "GitHub"}[s.Via]
	if word == "" {
		word = string(s.Via)
	}
	if s.Strong && s.Via != models.ViaPasskey {
		word += " and second factor"
	}
	return word
}

func appWord(f models.Factors) string {
	if f.App {
		return "Change…"
	}
	return "Set up…"
}

func passkeyWord(f models.Factors) string {
	if len(f.Passkeys) > 0 {
		return count(len(f.Passkeys), "passkey") + "…"
	}
	return "Set up…"
}

// inFours is a secret in groups for reading.
func inFours(secret string) string {
	var groups []string
	for len(secret) > 4 {
		groups, secret = append(groups, secret[:4]), secret[4:]
	}
	return strings.Join(append(groups, secret), " ")
}

func nameOf(people []models.Account, id int64) string {
	for _, a := range people {
		if a.ID == id {
			return a.Name
		}
	}
	return "this person"
}
