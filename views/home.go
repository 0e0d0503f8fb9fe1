package views

import "throughline/models"

// HomePage is what needs a look: the projects, what is live, what happened last.
type HomePage struct {
	Frame    Frame
	Live     []DeploymentRow
	Asked    []models.DataChange // announced changes that wait for the reader's answer
	Activity []models.Activity
	Steps    []Onboarding // empty when the list was closed or all is done
}

// Onboarding is one step of the list for newcomers.
type Onboarding struct {
	Text, Path string
	Done       bool
}

func broken(rows []DeploymentRow) (n int) {
	for _, r := range rows {
		if r.Gaps > 0 {
			n++
		}
	}
	return n
}

// homeSentence says at a glance how things stand.
func homeSentence(rows []DeploymentRow) string {
	if len(rows) == 0 {
		return "No model is live yet."
	}
	n := broken(rows)
	verb := " is"
	if len(rows) > 1 {
		verb = "s are"
	}
	out := itoa(len(rows)) + " model" + verb + " live. "
	switch {
	case n == 0 && len(rows) == 1:
		return out + "Its line is whole."
	case n == 0:
		return out + "Every line is whole."
	case n == 1:
		return out + "One line has gaps."
	}
	return out + itoa(n) + " lines have gaps."
}

// HelpPage is the glossary and the shortcuts.
type HelpPage struct{ Frame Frame }

// word is one line of the glossary.
type word struct{ Word, Meaning string }

var glossary = []word{
	{"Project", "A team's shared space with a short key, such as FRAUD."},
	{"Board, column, card", "The flow of work. A card stands for one subject, or is a plain task."},
	{"Subject", "Anything a card, comment, link or owner can point at: a pull request, a run, a model version, a deployment."},
	{"Model card", "The document about a model: what it is for, what it was trained on, where its limits are."},
	{"Run", "One execution of a training, as MLflow calls it. An experiment groups runs."},
	{"Pipeline run, step", "One execution of a pipeline in GitHub Actions, Jenkins, Kubeflow, and its parts."},
	{"Dataset version", "One state of a dataset, named by its digest."},
	{"Model version, alias", "Versions are numbered from 1. An alias such as champion is a name that can move from one to another."},
	{"Environment, deployment", "Where a model runs, and the event that put a version there."},
	{"Link", "One edge between two subjects: what it says, how well it is established, who said so."},
	{"Evidence", "Verified: a digest was recomputed or a sender proved who it is. Declared: somebody said so. Missing: nobody did."},
	{"Throughline", "The chain from a deployment to the model version, run, commit, pull request and reviewers, and from the run to its data; each with owners."},
	{"Gap", "A missing link of a throughline, with who can supply it."},
	{"Stale", "The source of a thing under way has gone quiet. What is shown may no longer be so."},
	{"Integration, delivery", "One connected upstream system, and one event as it came in."},
	{"Parked", "A delivery that could not be applied. It is kept and can be replayed; nothing is lost."},
}

// shortcut is one line of the list of keys.
type shortcut struct {
	Keys []string
	What string
}

var shortcuts = []shortcut{
	{[]string{"/"}, "Search"},
	{[]string{"?"}, "These shortcuts"},
	{[]string{"g", "h"}, "Home"},
	{[]string{"g", "b"}, "Board"},
	{[]string{"g", "r"}, "Runs"},
	{[]string{"g", "m"}, "Models"},
	{[]string{"g", "d"}, "Deployments"},
	{[]string{"g", "t"}, "Throughlines"},
	{[]string{"j", "k"}, "Board: next and previous card"},
	{[]string{"h", "l"}, "Board: column to the left and right"},
	{[]string{"o"}, "Board: open the card"},
	{[]string{"m"}, "Board: move the card"},
	{[]string{"Space"}, "Board: pick the card up; arrows move it, Enter drops, Esc puts it back"},
	{[]string{"f"}, "Board: filter"},
	{[]string{"u"}, "Board: take in the waiting updates"},
}
