package views

import (
	"net/url"
	"slices"
	"time"

	"throughline/models"
)

// PipelinesPage is the list of pipeline runs of all systems, or of what fails now.
type PipelinesPage struct {
	Frame    Frame
	Failing  bool // what fails now is shown, by cause
	Text     string
	Wrong    *WrongText
	Project  string // key of the one that is listed; empty: all
	System   string
	State    models.State
	Systems  []string // to choose from
	Rows     []models.PipelineLine
	Next     string // cursor
	After    string
	Groups   []models.FailureGroup
	MayClaim map[int64]bool // subjects of Groups
	Error    string         // why a form was refused
}

// States are those that a filter may ask for.
func (p PipelinesPage) states() []models.State { return models.StatesOf(models.PipelineRun) }

func (p PipelinesPage) filtered() bool {
	return p.Text != "" || p.System != "" || p.State != "" || p.Project != ""
}

// address is the page's, with one part of its query set anew.
func (p PipelinesPage) address(name, value string) string {
	q := url.Values{}
	for _, f := range [][2]string{{"q", p.Text}, {"project", p.Project}, {"system", p.System}, {"state", string(p.State)}} {
		if f[1] != "" {
			q.Set(f[0], f[1])
		}
	}
	if q.Set(name, value); value == "" {
		q.Del(name)
	}
	if len(q) == 0 {
		return "/pipelines"
	}
	return "/pipelines?" + q.Encode()
}

func (p PipelinesPage) failures() (n int) {
	for _, g := range p.Groups {
		n += len(g.Lines)
	}
	return n
}

// open are the failures of a group that nobody looks at and that the reader may claim.
func (p PipelinesPage) open(g models.FailureGroup) []models.PipelineLine {
	return slices.DeleteFunc(g.Open(), func(l models.PipelineLine) bool { return !p.MayClaim[l.Subject.ID] })
}

// pipelineTook is how long a run took, or has taken so far.
func pipelineTook(l models.PipelineLine, now time.Time) string {
	switch {
	case l.Took() > 0:
		return took(l.Took())
	case l.Subject.State == models.Running && now.After(l.Started):
		return took(now.Sub(l.Started))
	}
	return "–"
}

// tookTone warns of a run that took half as long again as usual.
func tookTone(l models.PipelineLine) string {
	if usual := models.Usual(l.Before); usual > 0 && l.Took() > usual*3/2 {
		return "t-warning"
	}
	return "muted"
}

func pipelineName(l models.PipelineLine) string {
	if l.Number != "" {
		return short(l.Pipeline, 60) + " #" + l.Number
	}
	return short(l.Pipeline, 60)
}
