package views

import (
	"fmt"
	"slices"
	"time"

	"throughline/models"
)

// bit is one piece of a card's deciding line.
type bit struct {
	Icon string
	Tone Tone
	Text string
	Mono bool
}

// decide is what somebody needs to know to decide what happens next.
func decide(c models.Card) []bit {
	switch s := c.Subject; s.Ref.Kind {
	case models.PullRequest:
		return decidePull(s)
	case models.Run:
		return decideRun(s)
	case models.PipelineRun:
		return claimed(c, decidePipeline(s))
	case models.ModelVersion, models.Model, models.ModelCard:
		return decideModel(c)
	case models.Deployment:
		return decideDeployment(s)
	}
	return nil
}

func decidePull(s models.Subject) (out []bit) {
	if checks := Checks(s); len(checks) > 0 {
		out = append(out, checksBit(checks))
	} else if sum := models.State(s.Text("checks")); sum != "" {
		out = append(out, bit{lookOf(sum).Icon, lookOf(sum).Tone, "checks " + sum.Word(), false})
	}
	approved, against := 0, 0
	for _, r := range Reviews(s) {
		switch r.State {
		case "approved":
			approved++
		case "changes_requested":
			against++
		}
	}
	switch {
	case against > 0:
		out = append(out, bit{"octagon", Bad, "changes requested", false})
	case approved > 0:
		out = append(out, bit{"person", Good, count(approved, "approval"), false})
	case s.State == models.Open:
		out = append(out, bit{"person", Quiet, "no review yet", false})
	}
	return out
}

func checksBit(checks []Check) bit {
	passed, failed, running := 0, []string{}, 0
	for _, c := range checks {
		switch c.State {
		case models.Passed, models.Skipped:
			passed++
		case models.Failed, models.Cancelled:
			failed = append(failed, c.Name)
		case models.Running, models.Queued:
			running++
		}
	}
	word := fmt.Sprintf("%d/%d checks", passed, len(checks))
	switch {
	case len(failed) > 0:
		return bit{"octagon", Bad, word + ", failed " + short(failed[0], 24), false}
	case running > 0:
		return bit{"ring", Busy, word, false}
	case passed == len(checks):
		return bit{"check", Good, word, false}
	}
	return bit{"triangle", Careful, word, false}
}

// Headline orders the metrics of a run or a version: those that say most first.
func Headline(ms []Named) []Named {
	slices.SortStableFunc(ms, func(a, b Named) int { return models.MetricPlace(a.Name) - models.MetricPlace(b.Name) })
	return ms
}

func decideRun(s models.Subject) (out []bit) {
	for i, m := range Headline(Facts(s, "metric.")) {
		if i == 2 {
			break
		}
		out = append(out, bit{"", "", short(m.Name, 16) + " " + number(m.Value), true})
	}
	if d := lasted(s); d != "" {
		out = append(out, bit{"clock", "", d, false})
	}
	return out
}

// lasted is how long a run or a pipeline run took, empty while it goes on.
func lasted(s models.Subject) string {
	from, err1 := time.Parse(time.RFC3339, s.Text("started_at"))
	to, err2 := time.Parse(time.RFC3339, s.Text("ended_at"))
	if err1 != nil || err2 != nil || to.Before(from) {
		return ""
	}
	return took(to.Sub(from))
}

func decidePipeline(s models.Subject) (out []bit) {
	steps := Steps(s)
	for i, st := range steps {
		if st.State == models.Failed {
			return []bit{{"octagon", Bad, fmt.Sprintf("failed at step %d/%d %s", i+1, len(steps), short(st.Title, 28)), false}}
		}
	}
	for i, st := range steps {
		if st.State == models.Running {
			return []bit{{"ring", Busy, fmt.Sprintf("step %d/%d %s", i+1, len(steps), short(st.Title, 28)), false}}
		}
	}
	if len(steps) > 0 {
		out = append(out, bit{"pipeline", "", count(len(steps), "step"), false})
	}
	if d := lasted(s); d != "" {
		out = append(out, bit{"clock", "", d, false})
	}
	return out
}

// claimed adds who looks at what failed.
func claimed(c models.Card, bits []bit) []bit {
	if c.Claim == "" {
		return bits
	}
	return append(bits, bit{"person", "", short(c.Claim, 24) + " looks at it", false})
}

func decideModel(c models.Card) (out []bit) {
	switch {
	case c.Of > 0 && c.Sections == c.Of:
		out = append(out, bit{"card", Good, fmt.Sprintf("model card %d/%d", c.Sections, c.Of), false})
	case c.Of > 0:
		out = append(out, bit{"card", "", fmt.Sprintf("model card %d/%d", c.Sections, c.Of), false})
	default:
		out = append(out, bit{"gap", Careful, "no model card", false})
	}
	for i, m := range Headline(Facts(c.Subject, "metric.")) {
		if i == 1 {
			break
		}
		out = append(out, bit{"", "", short(m.Name, 16) + " " + number(m.Value), true})
	}
	return out
}

func decideDeployment(s models.Subject) (out []bit) {
	if env := s.Text("environment"); env != "" {
		out = append(out, bit{"deploy", "", short(env, 28), false})
	}
	if share, ok := s.Facts["share"].(float64); ok && share > 0 && share < 1 {
		out = append(out, bit{"", "", fmt.Sprintf("%.0f %% of traffic", share*100), false})
	}
	return out
}
