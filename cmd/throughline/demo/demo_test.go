package demo

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throughline/integrations"
	"throughline/integrations/cloudevents"
	"throughline/integrations/github"
	"throughline/models"
)

func teller() *Teller {
	b := &Book{Secret: "s", Bots: map[string]string{}, Pulls: map[string]int{}, Versions: map[string]int{},
		Started: time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)}
	return &Teller{Book: b, Now: func() time.Time { return b.Started }}
}

// told is every message of the past as it is sent.
func told(t *testing.T, of *Teller) (list []message, bodies []string) {
	t.Helper()
	for _, b := range of.past() {
		m := b.say(b.at)
		raw, err := m.raw()
		if err != nil {
			t.Fatal(err)
		}
		list, bodies = append(list, m), append(bodies, m.method+" "+m.path+" "+m.id+"\n"+string(raw))
	}
	return list, bodies
}

func TestTheSameNotebookTellsTheSameStory(t *testing.T) {
	_, once := told(t, teller())
	_, again := told(t, teller())
	if diff := cmp.Diff(once, again); diff != "" {
		t.Errorf("%.2000s", diff)
	}
}

func TestThePastIsInOrderAndSpansWeeks(t *testing.T) {
	of := teller()
	beats := of.past()
	for n := 1; n < len(beats); n++ {
		if beats[n].at.Before(beats[n-1].at) {
			t.Fatalf("beat %d comes before the one it follows", n)
		}
	}
	if span := of.Book.Started.Sub(beats[0].at); span < days(35) || beats[len(beats)-1].at.After(of.Book.Started) {
		t.Errorf("the story spans %s", span)
	}
}

// TestEverySourceUnderstandsTheStory decodes the whole past as the server does.
func TestEverySourceUnderstandsTheStory(t *testing.T) {
	of := teller()
	messages, _ := told(t, of)
	subjects, ids := map[models.Kind]map[string]bool{}, map[string]bool{}
	for _, m := range messages {
		for _, e := range receive(t, of, m) {
			if e.Err != nil || e.Ignored || ids[e.ID] {
				t.Errorf("%s %s: ignored %v, repeated %v, %v", m.path, e.Name, e.Ignored, ids[e.ID], e.Err)
			}
			ids[e.ID] = true
			count(subjects, e.Batch)
		}
	}
	for kind, least := range map[models.Kind]int{models.PullRequest: 25, models.Run: 20, models.PipelineRun: 25, models.ModelVersion: 8,
		models.Deployment: 12, models.Commit: 25, models.DatasetVersion: 8} {
		if len(subjects[kind]) < least {
			t.Errorf("only %d of kind %s", len(subjects[kind]), kind)
		}
	}
}

func count(subjects map[models.Kind]map[string]bool, b models.Batch) {
	add := func(r models.Ref) {
		if subjects[r.Kind] == nil {
			subjects[r.Kind] = map[string]bool{}
		}
		subjects[r.Kind][r.Key] = true
	}
	for _, d := range b.Descriptions {
		add(d.Ref)
		for _, l := range d.Links {
			add(l.To)
		}
	}
}

func receive(t *testing.T, of *Teller, m message) []integrations.Event {
	t.Helper()
	var source integrations.Receiver
	switch {
	case strings.HasPrefix(m.path, "/hooks/github/"):
		source = github.Source{}
	case strings.HasPrefix(m.path, "/hooks/cloudevents/"):
		source = cloudevents.New()
	default:
		return nil
	}
	raw, _ := m.raw()
	request, _ := http.NewRequest(m.method, m.path, nil)
	of.sign(request, m, raw)
	events, err := source.Receive(context.Background(), integrations.Account{Settings: map[string]string{"secret": "s"}},
		integrations.Request{Header: request.Header, Body: raw, Now: of.Now()})
	if err != nil {
		t.Fatalf("%s: %v\n%.500s", m.path, err, raw)
	}
	return events
}

func TestThePresentGoesOnWithFreshNumbers(t *testing.T) {
	of := teller()
	of.Book.path = t.TempDir() + "/demo.json"
	pulls, versions := map[string]bool{}, map[string]bool{}
	for range 30 {
		p := of.plot(of.Book.Next, newTale("x", of.Now()))
		of.Book.Next++
		key := p.team.repo + "#" + string(rune(p.number))
		if pulls[key] || p.number <= newestPull(p.team) {
			t.Errorf("pull request %s %d was there already", p.team.repo, p.number)
		}
		pulls[key] = true
		if p.train != nil {
			key := p.train.of.name + string(rune(p.train.version))
			if versions[key] {
				t.Errorf("%s version %d was there already", p.train.of.name, p.train.version)
			}
			versions[key] = true
		}
	}
}

func TestTheCurlLineIsOneSafeLine(t *testing.T) {
	of := teller()
	of.Book.Bots["FRAUD"] = "tl_x"
	line := of.TryThis("http://127.0.0.1:8080")
	if strings.Contains(line, "\n") || strings.Count(line, "'") != 6 {
		t.Errorf("%s", line)
	}
}
