package handlers

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/store"
)

// writer makes things for a write to be about.
type writer struct {
	*site
	project models.Project
	made    *int
}

// name is another one each time.
func (w *writer) name() string {
	*w.made++
	return "n" + itoa(int64(*w.made))
}

// silent are the writes that change nothing here: a choice kept in the browser's
// cookie, a question asked of a device, a source asked to be polled.
var silent = []string{"POST /theme", "POST /onboarding", "OPTIONS /hooks/:source/:name",
	"POST /projects/:key/integrations/:source/:name/sync", "POST /projects/:key/integrations/:source/:name/test",
	"POST /api/v1/projects/:key/integrations/:source/:name/test",
	"POST /settings/retention/run", "POST /api/v1/retention/run"} // nothing is old enough here

// elsewhere are the writes that take another party, a provider or a device, and
// are counted in the tests of that party.
var elsewhere = []string{"POST /account/connect/github", "POST /account/connect/oidc", "POST /account/identities/:id/remove",
	"POST /account/passkeys", "POST /account/passkeys/:id/remove", "POST /account/passkeys/ask", "POST /account/prove/ask",
	"POST /account/second", "POST /account/second/codes", "POST /account/second/off",
	"POST /login/passkey", "POST /login/passkey/ask", "POST /login/second", "POST /login/second/ask", "POST /login/github", "POST /login/oidc",
	"POST /hooks/:source/:name/*path"}

// twice are the writes that are two events of the record: a change and then a
// sign-in, a closed account and then an emptied one, a link on the page of each end.
var twice = map[string][]string{
	"POST /account/password":                     {"session.opened", "person.password"},
	"POST /reset":                                {"session.opened", "person.password"},
	"POST /setup":                                {"session.opened", "person.created"},
	"POST /invite/:code":                         {"session.opened", "invitation.used"},
	"POST /api/v1/links":                         {"link.added", "link.added"},
	"DELETE /api/v1/links/:id":                   {"link.removed", "link.removed"},
	"POST /subjects/:kind/:key/links":            {"link.added", "link.added"},
	"POST /subjects/:kind/:key/links/:id/remove": {"link.removed", "link.removed"},
	"POST /people/:id/anonymise":                 {"person.anonymised", "person.disabled"},
	"POST /api/v1/people/:id/anonymise":          {"person.anonymised", "person.disabled"},
}

// bodyKinds are the media types of writes that take neither a form nor JSON.
var bodyKinds = map[string]string{"POST /api/v1/projects/:key/events": ceType, "PUT /api/v1/models/:name/card": "text/markdown",
	"POST /api/v1/subjects/:kind/:key/files": "application/octet-stream", "POST /subjects/:kind/:key/files": "multipart/form-data; boundary=part"}

// several are the writes of other people's making: one row for the delivery and
// one for each thing it told.
var several = []string{"POST /hooks/:source/:name", "POST /runs/:key/register", // the model and its version
	"POST /models/:name/versions/:version/alias", // the version that has it, and the model
	"POST /models/:name/versions/:version/propose", "POST /api/v1/projects/:key/events",
	"POST /api/v1/projects/:key/deliveries/:id/replay", "POST /projects/:key/deliveries/:id/replay",
	"PUT /api/v1/models/:name/card", "POST /models/:name/card"} // the card is read like a delivery: the model, its version

// Row 56: every write of the table that succeeds leaves exactly one row of
// activity. A write that is neither in the table of valid requests nor excused
// above fails.
func TestEveryWriteLeavesOneRow(t *testing.T) {
	s := newSite(t)
	s.unhurried()
	w := &writer{site: s, project: s.project("MINE"), made: new(int)}
	s.seed()
	for _, r := range s.h.routes {
		name := r.Method + " " + r.Path
		if r.Method == "GET" || r.Class == Tracking || slices.Contains(elsewhere, name) {
			continue // what is logged to a run is told by its subject (TestRunsLoggedAreOnTheRecord)
		}
		make, known := validWrites[name]
		if !known {
			make, known = validTeamWrites[name]
		}
		if !known {
			t.Errorf("%s: no valid request in validWrites, and no word on why not", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			again := writer{site: w.as(t), project: w.project, made: w.made}
			again.oneRow(r, make)
		})
	}
}

func (w *writer) oneRow(r Route, make func(*writer) (string, string)) {
	w.people["boss"] = w.person(w.name()+"@example.com", models.Administrator) // some writes leave little of them
	path, body := make(w)
	caller := "seed"
	switch {
	case r.Rule.Who == Person || r.Path == "/logout":
		caller = "boss"
	case r.Rule.Who == Public && r.Class == Page:
		caller = ""
	}
	request := w.request(r, caller, path, body)
	if kind := bodyKinds[r.Method+" "+r.Path]; kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	before := w.seq()
	a := w.send(request)
	require.True(w.t, a.status >= 200 && a.status < 400, "%d %s", a.status, a.body)
	rows := w.seq() - before
	switch name := r.Method + " " + r.Path; {
	case slices.Contains(silent, name):
		require.Zero(w.t, rows)
	case slices.Contains(several, name):
		require.Positive(w.t, rows)
	case twice[name] != nil:
		require.Equal(w.t, twice[name], w.newest(before))
	default:
		require.EqualValues(w.t, 1, rows, w.newest(before))
	}
}

// newest are the actions of the rows after one, newest first.
func (s *site) newest(since int64) (actions []string) {
	list, _, err := s.store.Audit(context.Background(), models.Principal{Hub: models.Administrator}, store.AuditFilter{Limit: 50})
	require.NoError(s.t, err)
	for _, a := range list {
		if a.Seq > since {
			actions = append(actions, a.Action)
		}
	}
	return actions
}
