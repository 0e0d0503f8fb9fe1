package views

import (
	"fmt"
	"strings"

	"throughline/models"
)

// PipelinePart is what the page of a pipeline run shows beside what every subject has.
type PipelinePart struct {
	Line   models.PipelineLine
	Alike  int              // other pipelines that fail for the same cause now
	Runs   []models.Subject // training runs that were executed in it
	Parent string           // address that refreshes the part while the run is under way
}

// systemNames are the names of systems as people write them.
var systemNames = map[string]string{"github": "GitHub Actions", "jenkins": "Jenkins", "gitlab": "GitLab CI", "kubeflow": "Kubeflow Pipelines", "tfx": "TFX", "terraform": "Terraform",
	"airflow": "Airflow", "dbt": "dbt", "spark": "Spark", "flink": "Flink", "argo": "Argo Workflows", "openlineage": "OpenLineage", "cloudevents": "a bot", "git": "Git"}

func systemWord(name string) string { return or(systemNames[name], name) }

// failedWords say where and why a run failed: "train: OOMKilled".
func failedWords(l models.PipelineLine) string {
	switch {
	case l.Step != "" && l.Error != "":
		return short(l.Step, 40) + ": " + short(l.Error, 120)
	case l.Error != "":
		return short(l.Error, 120)
	}
	return "failed at " + short(l.Step, 60)
}

// failedAt is "Failed at step 3 of 5, train".
func failedAt(steps []Step) string {
	place, s := failedStep(steps)
	if s == nil {
		return "Failed"
	}
	return fmt.Sprintf("Failed at step %d of %d, %s", place, len(steps), s.Title)
}

// logOf is where the log of what failed is.
func logOf(p SubjectPage, steps []Step) string {
	if _, s := failedStep(steps); s != nil && s.URL != "" {
		return s.URL
	}
	return or(external(p.Subject.Text(models.FactLogURL)), external(p.Subject.URL))
}

// dataLinks are the links to data that a pipeline run read, or wrote.
func dataLinks(out []models.Link, relation models.Relation) (list []models.Link) {
	for _, l := range out {
		if l.Relation == relation {
			list = append(list, l)
		}
	}
	return list
}

// failing tells whether there is something to look into.
func (p PipelinePart) failing() bool {
	switch p.Line.Subject.State {
	case models.Failed, models.Warning, models.Cancelled:
		return true
	}
	return false
}

// alike says how many other pipelines fail for one cause.
func alike(n int) string {
	if n == 1 {
		return "1 other pipeline fails for the same cause"
	}
	return itoa(n) + " other pipelines fail for the same cause"
}

// causeWords are why the pipelines of a group failed: in the words of the source
// where all say the same, else what they have in common.
func causeWords(g models.FailureGroup) string {
	for _, l := range g.Lines {
		if l.Error != g.Lines[0].Error {
			return g.Cause
		}
	}
	if said := strings.TrimSpace(g.Lines[0].Error); said != "" {
		first, _, _ := strings.Cut(said, "\n")
		return short(first, 160)
	}
	return or(g.Cause, "The source does not say why")
}
