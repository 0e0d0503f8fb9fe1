package models

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// PipelineFacts are what lists of pipeline runs ask for.
type PipelineFacts struct {
	System, Pipeline, Number, Branch, Actor string
	Attempt                                 int
	Started, Ended                          time.Time // Started: or queued, where it has not started
	Steps                                   int
	Step                                    string // the first that failed
	Error                                   string // why, as the upstream said it
}

// PipelineOfFacts reads them from what is known of a pipeline run. source is the
// name of the integration's source.
func PipelineOfFacts(f Facts, source string) PipelineFacts {
	p := PipelineFacts{System: cmp.Or(f.String(FactSystem), source), Pipeline: cmp.Or(f.String(FactPipeline), "(no name)"),
		Number: f.Plain(FactNumber), Branch: f.String(FactBranch), Actor: f.String(FactActor), Error: f.String(FactError)}
	_ = json.Unmarshal(f[FactAttempt].Value, &p.Attempt)
	for _, name := range []string{FactStartedAt, FactQueuedAt} {
		if ms := f.Millis(name); ms > 0 && p.Started.IsZero() {
			p.Started = time.UnixMilli(ms).UTC()
		}
	}
	if ms := f.Millis(FactEndedAt); ms > 0 && f.State().State.Terminal() {
		p.Ended = time.UnixMilli(ms).UTC()
	}
	for _, s := range StepsOfFacts(f) {
		p.Steps++
		if s.State == Failed && p.Step == "" {
			p.Step, p.Error = s.Label(), cmp.Or(p.Error, s.Error)
		}
	}
	return p
}

// NamedStep is a step with the name of its fact.
type NamedStep struct {
	Name string
	Step
}

// Label is the step as pages call it.
func (s NamedStep) Label() string { return cmp.Or(s.Title, s.Name) }

// StepsOfFacts are the steps of a pipeline run in their order.
func StepsOfFacts(f Facts) (out []NamedStep) {
	for name, fact := range f {
		s := NamedStep{}
		short, ok := strings.CutPrefix(name, StepFact)
		if !ok || json.Unmarshal(fact.Value, &s.Step) != nil || s.State == "" {
			continue
		}
		s.Name, s.Started = short, cmp.Or(s.Started, f.String(StepBegan+short))
		out = append(out, s)
	}
	SortSteps(out)
	return out
}

// SortSteps puts steps in the order that they are listed in: their own, then that
// in which they began.
func SortSteps(list []NamedStep) {
	slices.SortFunc(list, func(a, b NamedStep) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), a.began().Compare(b.began()), strings.Compare(a.Name, b.Name))
	})
}

// began is when the step began; the zero time where nobody said.
func (s NamedStep) began() time.Time {
	t, _ := time.Parse(time.RFC3339Nano, s.Started)
	return t
}

// Took is how long it ran; 0 while that is not known.
func (p PipelineFacts) Took() time.Duration {
	if p.Started.IsZero() || p.Ended.Before(p.Started) {
		return 0
	}
	return p.Ended.Sub(p.Started)
}

// varying is what differs between two failures of one cause: ids, addresses of
// memory, numbers, times, quoted names of temporary files.
var varying = regexp.MustCompile(`(?i)0x[0-9a-f]+|\b[0-9a-f]{7,}(?:-[0-9a-f]{4,})*\b|\b\d+(?:[.:,-]\d+)*\b|/tmp/\S+`)

const longestCause = 160

// Cause is what failures are grouped by: the first line that says why, without
// what varies from one run to the next; else the step that failed. It is empty
// where nobody said either.
func (p PipelineFacts) Cause() string {
	line, _, _ := strings.Cut(strings.TrimSpace(p.Error), "\n")
	line = strings.Join(strings.Fields(varying.ReplaceAllString(line, "…")), " ")
	if line == "" && p.Step != "" {
		return p.Pipeline + ": step " + p.Step + " failed"
	}
	for len(line) > longestCause {
		_, size := utf8.DecodeLastRuneInString(line)
		line = line[:len(line)-size]
	}
	return line
}
