package views

import (
	"throughline/models"
)

// GuideStep is one step of a connection. One with a path can be gone to.
type GuideStep struct {
	Text, Path string
	Here, Done bool
}

// Outside is an address at the upstream with its words.
type Outside struct{ Text, URL string }

// GuidePage connects a source in steps: what is asked of everybody first, with
// the ways to choose from, then the one that was chosen.
type GuidePage struct {
	Frame   Frame
	Project models.Project
	Source  SourceInfo
	Steps   []GuideStep
	Name    string
	First   []SettingField
	Ways    []WayChoice
	Way     *WayPage // nil: it is yet to be chosen
	Error   string
	Field   string // the field the error is about
}

// WayChoice is one of the ways to be let in.
type WayChoice struct {
	Name, Title, Summary string
	Chosen               bool
}

// WayPage is what a way asks for, and where it is to be had.
type WayPage struct {
	Name, Title string
	Do          []string
	Links       []Outside
	Needs       []models.Finding
	Fields      []SettingField
	Back        string // to the choice, with what was chosen
}

// ConnectionPage is a later step of a connection: its permissions, its webhook, its
// first delivery.
type ConnectionPage struct {
	Frame    Frame
	Project  models.Project
	Source   SourceInfo
	Name     string
	Steps    []GuideStep
	Setup    models.Setup
	Asks     bool // there is something to ask the upstream with
	Hooks    bool // its webhook can be made or entered
	Imported bool // the first import has ended
	Error    string
	Hand     HandPage
	First    FirstPart
	Import   ImportPart
}

// HandPage is what a person enters at the upstream.
type HandPage struct {
	Address, Kind string
	Makes         string // what Throughline would make by itself
	Events        []string
	Pages         []Outside
	Secret        string // a new one, shown once
	Unreachable   bool   // from outside: an address of this machine
}

// FirstPart is the part of a page that waits for the first delivery.
type FirstPart struct {
	Path     string // where it is asked for again
	Source   string
	Rows     []DeliveryRow // the newest first
	Earlier  bool          // there were more before
	Bad      int64         // posts whose signature did not match
	Settings string
	Webhook  string
	Next     string
	NextText string
}

func (p ConnectionPage) path(rest ...string) string {
	return settingsPath(p.Project, append([]string{"integrations", p.Source.Name, p.Name}, rest...)...)
}

// missingFirst puts what is to be done on top.
func missingFirst(list []models.Finding) []models.Finding {
	out := make([]models.Finding, 0, len(list))
	for _, want := range []func(models.Finding) bool{models.Finding.Needs, func(f models.Finding) bool { return !f.OK && f.Optional }, func(f models.Finding) bool { return f.OK }} {
		for _, f := range list {
			if want(f) {
				out = append(out, f)
			}
		}
	}
	return out
}

func findingLook(f models.Finding) (look, string) {
	switch {
	case f.OK:
		return look{"check", Good}, "granted"
	case f.Optional:
		return look{"dashed", Quiet}, "not granted"
	}
	return look{"octagon", Bad}, "missing"
}

func hookLook(h models.HookMade) look {
	if h.Done == "refused" {
		return look{"octagon", Bad}
	}
	return look{"check", Good}
}

// levelWord is a permission's level as upstreams call it.
func levelWord(level string) string {
	if level == "write" {
		return "read and write"
	}
	return "read-only"
}

// checkWords sums up a check.
func checkWords(s models.Setup) (string, look) {
	optional, rest := 0, ""
	for _, f := range s.Findings {
		switch {
		case f.OK:
			rest = " The rest works meanwhile."
		case f.Optional:
			optional++
		}
	}
	switch n := s.Missing(); {
	case n == 1:
		return "One thing is missing that is needed." + rest, look{"octagon", Bad}
	case n > 1:
		return itoa(n) + " things are missing that are needed." + rest, look{"octagon", Bad}
	case optional > 0:
		return "All that is needed is there. What is optional can be granted at any time.", look{"check", Good}
	}
	return "All that is needed is there.", look{"check", Good}
}

func firstWords(p FirstPart) string {
	if p.Earlier || len(p.Rows) > 1 {
		return "Deliveries arrive. The newest: "
	}
	return "First delivery arrived: "
}

func stepHere(s GuideStep) string {
	if s.Here {
		return "step"
	}
	return "false"
}
