package handlers

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"throughline/integrations"
	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

// testIntegration asks the upstream and looks at what arrives, and says on the
// integration's page what works and what does not. Nothing is changed.
func (h *Handlers) testIntegration(c *gin.Context) error {
	i, s, err := h.integration(c)
	if err != nil {
		return err
	}
	p := h.integrationPage(c, i, s)
	if p.Tested, err = h.tried(c.Request.Context(), i, s); err != nil {
		return err
	}
	return render(c, http.StatusOK, views.Integration(p))
}

type testJSON struct {
	OK       bool             `json:"ok" doc:"Nothing that is needed is missing"`
	Findings []models.Finding `json:"findings" doc:"What was looked at"`
}

func (h *Handlers) tryIntegration(ctx context.Context, in *InIntegration) (*body[testJSON], error) {
	i, s, err := capable[integrations.Source](ctx, h, *in)
	if err != nil {
		return nil, err
	}
	found, err := h.tried(ctx, i, s)
	if err != nil {
		return nil, err
	}
	setup := models.Setup{Findings: found}
	return reply(testJSON{OK: setup.Missing() == 0, Findings: found}), nil
}

// tried is what a test of an integration finds: the way out, then the way in.
func (h *Handlers) tried(ctx context.Context, i store.Integration, s integrations.Source) ([]models.Finding, error) {
	known, err := h.Store.IntegrationFor(ctx, i.Source, i.Name)
	if err != nil {
		return nil, err
	}
	asking, stop := context.WithTimeout(ctx, askingTime)
	defer stop()
	return append(questioned(asking, s, account(known)), h.received(i, s)...), nil
}

// questioned is what the upstream answers; nothing for sources that only listen.
func questioned(ctx context.Context, s integrations.Source, a integrations.Account) []models.Finding {
	about, err, more := s.About(), error(nil), []models.Finding(nil)
	prober, probes := s.(integrations.Prober)
	checker, checks := s.(integrations.Checker)
	switch {
	case probes && prober.Asks(a):
		more, err = prober.Probe(ctx, a)
	case probes, !checks, !asks(s, a):
		return nil
	default:
		err = checker.Check(ctx, a)
	}
	answers := models.Finding{Name: about.Title + " answers", OK: err == nil, Why: "It was asked just now, with the settings below."}
	if err != nil {
		answers.Why, answers.How = integrations.Plain(err, about, a), "Change the settings below, and test again."
	}
	return append([]models.Finding{answers}, more...)
}

// asks tells whether a source has somebody to ask with the account.
func asks(s integrations.Source, a integrations.Account) bool {
	if _, polls := s.(integrations.Poller); !polls {
		return false
	}
	picky, ok := s.(integrations.Picky)
	return !ok || picky.Polls(a)
}

// received is what the door has seen of those who post.
func (h *Handlers) received(i store.Integration, s integrations.Source) (found []models.Finding) {
	if _, listens := s.(integrations.Receiver); !listens {
		return nil
	}
	_, polls := s.(integrations.Poller)
	door := models.Finding{Name: "Posts arrive", Optional: polls, OK: !i.LastEventAt.IsZero()}
	if door.OK {
		door.Why = "The last one came " + ago(h.Now().Sub(i.LastEventAt)) + "."
	} else {
		door.Why = "None came yet."
		door.How = fmt.Sprintf("Let %s post to %s, or send its own test.", s.About().Title, h.hookURL(i))
	}
	found = append(found, door)
	if i.BadSignatures > 0 {
		found = append(found, models.Finding{Name: "Signatures match", Optional: door.OK, Why: fmt.Sprintf("%d posts were refused for theirs.", i.BadSignatures), How: "Enter the same secret on both sides."})
	}
	if i.Parked > 0 {
		found = append(found, models.Finding{Name: "All is understood", Optional: true, Why: fmt.Sprintf("%d deliveries could not be used; they are kept.", i.Parked), How: "Settings, Deliveries says why, and applies them again."})
	}
	return found
}

// ago is a time span as people say it.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "just now"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}
