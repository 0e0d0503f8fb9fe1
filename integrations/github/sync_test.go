package github

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"throughline/integrations"
	"throughline/integrations/github/lookalike"
	"throughline/models"
)

// rounds polls until a round has ended without a failure, each time as a program
// that has just started would: only the cursor is kept. It gives up after many.
func rounds(t *testing.T, account integrations.Account) (found []models.Description, failures int) {
	t.Helper()
	cursor := ""
	for range 100 {
		batch, more, err := New(http.DefaultClient).Poll(context.Background(), account, cursor)
		if err != nil {
			failures++
			continue
		}
		found, cursor = append(found, batch.Descriptions...), batch.Cursor
		if !more && !batch.Progress.Running() {
			return found, failures
		}
	}
	t.Fatal("the import does not end")
	return nil, 0
}

// TestAnyRequestMayFail: whichever request of an import fails, for a moment or
// long enough to give up for now, all is found in the end.
func TestAnyRequestMayFail(t *testing.T) {
	l, account := newLookAlike(t)
	want, _ := rounds(t, account)
	total := l.requests
	for fails := 1; fails <= total; fails++ {
		for _, times := range []int{1, retries + 1} {
			l, account := newLookAlike(t)
			l.failFrom, l.failTo = fails, fails+times
			got, _ := rounds(t, account)
			if diff := cmp.Diff(known(want), known(got)); diff != "" {
				t.Fatalf("request %d of %d failed %d times:\n%s", fails, total, times, diff)
			}
		}
	}
}

// known are the facts that descriptions leave.
func known(found []models.Description) map[models.Ref]map[string]any {
	out := map[models.Ref]map[string]any{}
	for ref, f := range mergedFacts(found...) {
		out[ref] = f.Values()
		out[ref]["state"] = f.State().State
	}
	return out
}

// TestAnUnchangedRoundIsConditional: a second round with nothing new asks only
// whether something changed.
func TestAnUnchangedRoundIsConditional(t *testing.T) {
	l, account := newLookAlike(t)
	cursor := poll(t, account, "").Cursor
	l.requests, l.unchanged = 0, 0
	again := poll(t, account, cursor)
	if l.requests == 0 || l.unchanged != l.requests || len(again.Descriptions) != 0 {
		t.Errorf("%d requests, %d unchanged, %d found", l.requests, l.unchanged, len(again.Descriptions))
	}
}

// TestAPersonsRepositoriesAreFoundOnce: an owner who is no organisation is
// remembered as such, so that a quiet round stays conditional.
func TestAPersonsRepositoriesAreFoundOnce(t *testing.T) {
	gh := lookalike.Start(t, 6)
	gh.UserRepo("kim/fraud").OpenPull(lookalike.Draw{By: "kim"})
	gh.Token("t0ken", lookalike.Reading)
	account := integrations.Account{Name: "main", Settings: map[string]string{"token": "t0ken", "api_url": gh.URL + "/", "repositories": "kim/*"}}
	first := poll(t, account, "")
	gh.Recount()
	poll(t, account, first.Cursor)
	if c := gh.Count(); len(first.Descriptions) == 0 || c.Total == 0 || c.Total != c.NotModified {
		t.Errorf("%d found; of %d requests %d were unchanged: %v", len(first.Descriptions), c.Total, c.NotModified, c.Log)
	}
}

// TestALimitStopsEverything: what was found before it counts, and the next poll
// says until when GitHub wants to be left alone.
func TestALimitStopsEverything(t *testing.T) {
	l, account := newLookAlike(t)
	l.limitFrom = 6
	p := New(http.DefaultClient)
	batch, more, err := p.Poll(context.Background(), account, "")
	if err != nil || !more || len(batch.Descriptions) == 0 {
		t.Fatalf("%d found, more %v, %v", len(batch.Descriptions), more, err)
	}
	asked := l.requests
	var wish *integrations.RetryAfter
	if _, _, err := p.Poll(context.Background(), account, batch.Cursor); !errors.As(err, &wish) || l.requests != asked {
		t.Errorf("%v after %d more requests", err, l.requests-asked)
	}
}

// TestOneRepositoryDoesNotHoldTheOthersUp: a hidden one is shown as failing, with
// the words of what to do.
func TestOneRepositoryDoesNotHoldTheOthersUp(t *testing.T) {
	_, account := newLookAlike(t)
	account.Settings["repositories"] = "acme/fraud, acme/hidden"
	batch := models.Batch{}
	health := map[string]models.RepositorySync{}
	for more := true; more; {
		var err error
		if batch, more, err = New(http.DefaultClient).Poll(context.Background(), account, batch.Cursor); err != nil {
			t.Fatal(err)
		}
		for _, r := range batch.Repositories {
			health[r.Repository] = r
		}
	}
	if got := health["github.com/acme/fraud"]; got.State != models.SyncOK || got.SyncedAt.IsZero() {
		t.Errorf("fraud: %+v", got)
	}
	if got := health["github.com/acme/hidden"]; got.State != models.SyncFailing || got.Error == "" {
		t.Errorf("hidden: %+v", got)
	}
	if batch.Progress.Running() || batch.Problem != "" {
		t.Errorf("the import waits for the hidden one: %+v %q", batch.Progress, batch.Problem)
	}
}

// TestGoneRepositoriesAreSaidToBe: one that is no longer chosen is no longer asked.
func TestGoneRepositoriesAreSaidToBe(t *testing.T) {
	_, account := newLookAlike(t)
	account.Settings["repositories"] = "acme/*"
	first := poll(t, account, "")
	account.Settings["repositories"] = "acme/f*"
	if len(first.Descriptions) == 0 {
		t.Fatal("the pattern found nothing")
	}
	account.Settings["repositories"] = "acme/other*"
	batch, _, err := New(http.DefaultClient).Poll(context.Background(), account, first.Cursor)
	if err != nil || len(batch.Repositories) != 1 || batch.Repositories[0].State != models.SyncGone {
		t.Errorf("%+v, %v", batch.Repositories, err)
	}
}
