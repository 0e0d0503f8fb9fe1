package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/store"
)

// validWrites is, for each write of the table, a request that it takes: where it
// goes, and what it says. What it needs is made first.
var validWrites = map[string]func(w *writer) (path, body string){
	"POST /theme":      fixed("/theme", "theme=dark"),
	"POST /onboarding": fixed("/onboarding", ""),
	"POST /logout":     fixed("/logout", ""),
	"POST /login": func(w *writer) (string, string) {
		return "/login", fields("email", w.account().Email, "password", passphrase)
	},
	"POST /setup": func(w *writer) (string, string) {
		return "/setup", fields("token", w.setupCode(), "name", "Ana", "email", w.name()+"@example.com", "password", "a quite unusual phrase")
	},
	"POST /reset": func(w *writer) (string, string) {
		return "/reset", fields("code", w.resetCode(), "password", "a quite unusual phrase")
	},
	"POST /account/prove":            fixed("/account/prove", fields("password", passphrase)),
	"POST /account/password":         fixed("/account/password", fields("password", passphrase, "new", passphrase+" again")),
	"POST /account/sessions/end":     fixed("/account/sessions/end", ""),
	"POST /account/sessions/:id/end": func(w *writer) (string, string) { return "/account/sessions/" + w.session() + "/end", "" },
	"DELETE /api/v1/me/sessions":     fixed("/api/v1/me/sessions", ""),
	"DELETE /api/v1/me/sessions/:id": func(w *writer) (string, string) { return "/api/v1/me/sessions/" + w.session(), "" },

	"POST /people": func(w *writer) (string, string) {
		return "/people", fields("email", w.name()+"@example.com", "name", "Ben", "password", "a quite unusual phrase", "role", "viewer")
	},
	"POST /people/:id/role":     func(w *writer) (string, string) { return w.of("/people/%d/role"), "role=maintainer" },
	"POST /people/:id/close":    func(w *writer) (string, string) { return w.of("/people/%d/close"), "" },
	"POST /people/:id/open":     func(w *writer) (string, string) { return w.of("/people/%d/open"), "" },
	"POST /people/:id/reset":    func(w *writer) (string, string) { return w.of("/people/%d/reset"), "" },
	"POST /people/:id/sign-out": func(w *writer) (string, string) { return w.of("/people/%d/sign-out"), "" },
	"POST /people/:id/anonymise": func(w *writer) (string, string) {
		p := w.account()
		return fmt.Sprintf("/people/%d/anonymise", p.ID), fields("confirm", p.Email)
	},
	"POST /people/second-factor":    fixed("/people/second-factor", "who=nobody"),
	"PUT /api/v1/hub/second-factor": fixed("/api/v1/hub/second-factor", `{"everybody":false,"roles":[]}`),
	"POST /api/v1/people": func(w *writer) (string, string) {
		return "/api/v1/people", `{"email":"` + w.name() + `@example.com","password":"a quite unusual phrase"}`
	},
	"PATCH /api/v1/people/:id": func(w *writer) (string, string) {
		return w.of("/api/v1/people/%d"), `{"disabled":true,"role":"viewer"}`
	},
	"POST /api/v1/people/:id/reset-link": func(w *writer) (string, string) { return w.of("/api/v1/people/%d/reset-link"), "" },
	"DELETE /api/v1/people/:id/sessions": func(w *writer) (string, string) { return w.of("/api/v1/people/%d/sessions"), "" },
	"POST /api/v1/people/:id/anonymise": func(w *writer) (string, string) {
		p := w.account()
		return fmt.Sprintf("/api/v1/people/%d/anonymise", p.ID), `{"confirm":"` + p.Email + `"}`
	},
	"PUT /api/v1/retention":        fixed("/api/v1/retention", keepJSON()),
	"POST /api/v1/retention/run":   fixed("/api/v1/retention/run", ""),
	"POST /settings/retention":     fixed("/settings/retention", keepFormOf("91")),
	"POST /settings/retention/run": fixed("/settings/retention/run", ""),

	"POST /api/v1/subjects/:kind/:key/files": fixed(churnFiles+"?name=a.txt", "one"),
	"POST /subjects/:kind/:key/files":        fixed("/subjects/model/churn/files", "--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b.txt\"\r\n\r\ntwo\r\n--part--\r\n"),
	"POST /files/:id/delete": func(w *writer) (string, string) {
		return "/files/" + w.upload("seed", "c.txt", "three") + "/delete", ""
	},
	"DELETE /api/v1/files/:id": func(w *writer) (string, string) { return "/api/v1/files/" + w.upload("seed", "d.txt", "four"), "" },

	"POST /api/v1/projects": func(w *writer) (string, string) {
		return "/api/v1/projects", `{"key":"` + strings.ToUpper(w.name()) + `","name":"x","description":"about"}`
	},
	"PATCH /api/v1/projects/:key": fixed("/api/v1/projects/MINE", `{"name":"Mine","description":"about"}`),
	"POST /projects": func(w *writer) (string, string) {
		return "/projects", fields("key", strings.ToUpper(w.name()), "name", "x")
	},
	"POST /projects/:key/settings": fixed("/projects/MINE/settings", fields("name", "Mine again", "description", "more")),
	"POST /projects/:key/settings/board": fixed("/projects/MINE/settings/board", fields("column_id", "0", "column_name", "Backlog", "column_limit", "3",
		"column_id", "0", "column_name", "Done", "column_limit", "")),

	"POST /projects/:key/cards": fixed("/projects/MINE/cards", fields("title", "A task")),
	"POST /projects/:key/cards/:id/move": func(w *writer) (string, string) {
		return w.card("/projects/MINE/cards/%d/move"), fields("column", "Done")
	},
	"POST /projects/:key/cards/:id/close":    func(w *writer) (string, string) { return w.card("/projects/MINE/cards/%d/close"), "" },
	"POST /projects/:key/cards/:id/remove":   func(w *writer) (string, string) { return w.card("/projects/MINE/cards/%d/remove"), "" },
	"POST /api/v1/projects/:key/cards":       fixed("/api/v1/projects/MINE/cards", `{"title":"A task","column":"Backlog"}`),
	"DELETE /api/v1/projects/:key/cards/:id": func(w *writer) (string, string) { return w.card("/api/v1/projects/MINE/cards/%d"), "" },
	"POST /api/v1/projects/:key/cards/:id/move": func(w *writer) (string, string) {
		return w.card("/api/v1/projects/MINE/cards/%d/move"), `{"column":"Done"}`
	},

	"POST /subjects/:kind/:key/claim":          func(w *writer) (string, string) { return w.failed(false) + "/claim", "note=mine" },
	"POST /subjects/:kind/:key/unclaim":        func(w *writer) (string, string) { return w.failed(true) + "/unclaim", "" },
	"PUT /api/v1/subjects/:kind/:key/claim":    func(w *writer) (string, string) { return "/api/v1" + w.failed(false) + "/claim", `{"note":"mine"}` },
	"DELETE /api/v1/subjects/:kind/:key/claim": func(w *writer) (string, string) { return "/api/v1" + w.failed(true) + "/claim", "" },
	"POST /runs/:key/register": func(w *writer) (string, string) {
		_, run := w.logged()
		return "/runs/" + run + "/register", fields("model", w.name(), "source", "runs:/"+run+"/model")
	},
	"POST /models/:name/versions/:version/alias": func(w *writer) (string, string) {
		return w.version() + "/alias", fields("alias", "champion")
	},
	"POST /models/:name/versions/:version/propose": func(w *writer) (string, string) {
		return w.version() + "/propose", fields("reason", "the best so far")
	},
	"POST /runs/views": fixed("/runs/views", fields("name", "mine", "query", "q=state:failed")),
	"POST /runs/views/:id/delete": func(w *writer) (string, string) {
		boss := models.Principal{PersonID: w.people["boss"].ID}
		require.NoError(w.t, w.store.SaveRunView(context.Background(), boss, w.name(), "q=x", models.Project{}))
		list, err := w.store.RunViews(context.Background(), boss)
		require.NoError(w.t, err)
		return fmt.Sprintf("/runs/views/%d/delete", list[0].ID), ""
	},
	"POST /runs/choose": fixed("/runs/choose", fields("run", "r1", "compared", "r1", "reason", "the only one")),
	"POST /runs/:key/choices/:id/undo": func(w *writer) (string, string) {
		run, err := w.store.Find(context.Background(), models.Principal{Hub: models.Administrator}, models.Ref{Kind: models.Run, Key: "r1"})
		require.NoError(w.t, err)
		require.NoError(w.t, w.store.ChooseRun(context.Background(), system, run.ID, "the best", nil))
		list, err := w.store.Choices(context.Background(), run.ID)
		require.NoError(w.t, err)
		return fmt.Sprintf("/runs/r1/choices/%d/undo", list[0].ID), ""
	},
	"POST /projects/:key/members": func(w *writer) (string, string) {
		return "/projects/MINE/members", fields("email", w.account().Email, "role", "viewer")
	},
	"POST /projects/:key/members/:id/remove":   func(w *writer) (string, string) { return w.member("/projects/MINE/members/%d/remove"), "" },
	"PUT /api/v1/projects/:key/members/:id":    func(w *writer) (string, string) { return w.of("/api/v1/projects/MINE/members/%d"), `{"role":"viewer"}` },
	"DELETE /api/v1/projects/:key/members/:id": func(w *writer) (string, string) { return w.member("/api/v1/projects/MINE/members/%d"), "" },

	"POST /tokens":                            fixed("/tokens", fields("name", "ci", "role", "viewer", "days", "7")),
	"POST /tokens/:id/revoke":                 func(w *writer) (string, string) { return w.bot("/tokens/%d/revoke", 0), "" },
	"POST /tokens/:id/rotate":                 func(w *writer) (string, string) { return w.bot("/tokens/%d/rotate", 0), "" },
	"POST /projects/:key/bots":                fixed("/projects/MINE/bots", fields("name", "bot")),
	"POST /projects/:key/tokens":              fixed("/projects/MINE/tokens", fields("name", "ci", "role", "viewer", "days", "7")),
	"POST /projects/:key/tokens/:id/revoke":   func(w *writer) (string, string) { return w.bot("/projects/MINE/tokens/%d/revoke", w.project.ID), "" },
	"POST /projects/:key/tokens/:id/rotate":   func(w *writer) (string, string) { return w.bot("/projects/MINE/tokens/%d/rotate", w.project.ID), "" },
	"POST /api/v1/tokens":                     fixed("/api/v1/tokens", `{"name":"ci","role":"viewer"}`),
	"DELETE /api/v1/tokens/:id":               func(w *writer) (string, string) { return w.bot("/api/v1/tokens/%d", 0), "" },
	"POST /api/v1/tokens/:id/rotate":          func(w *writer) (string, string) { return w.bot("/api/v1/tokens/%d/rotate", 0), `{}` },
	"POST /api/v1/projects/:key/tokens":       fixed("/api/v1/projects/MINE/tokens", `{"name":"ci","role":"viewer"}`),
	"DELETE /api/v1/projects/:key/tokens/:id": func(w *writer) (string, string) { return w.bot("/api/v1/projects/MINE/tokens/%d", w.project.ID), "" },
	"POST /api/v1/projects/:key/tokens/:id/rotate": func(w *writer) (string, string) {
		return w.bot("/api/v1/projects/MINE/tokens/%d/rotate", w.project.ID), `{}`
	},

	"POST /projects/:key/integrations/new/:source": func(w *writer) (string, string) {
		return "/projects/MINE/integrations/new/github", fields("name", w.name(), "setting.secret", "s3cret")
	},
	"POST /projects/:key/integrations/:source/:name": func(w *writer) (string, string) {
		return "/projects/MINE/integrations/github/" + w.connected(), fields("setting.secret", "new")
	},
	"POST /projects/:key/integrations/:source/:name/delete": func(w *writer) (string, string) {
		return "/projects/MINE/integrations/github/" + w.connected() + "/delete", ""
	},
	"POST /projects/:key/integrations/:source/:name/check": func(w *writer) (string, string) {
		return "/projects/MINE/integrations/github/" + w.connected() + "/check", ""
	},
	"POST /projects/:key/integrations/:source/:name/webhook": func(w *writer) (string, string) {
		return "/projects/MINE/integrations/github/" + w.connected() + "/webhook", "how=hand"
	},
	"POST /projects/:key/integrations/:source/:name/import/halt": func(w *writer) (string, string) {
		return "/projects/MINE/integrations/github/" + w.connected() + "/import/halt", ""
	},
	"POST /projects/:key/integrations/:source/:name/import/resume": func(w *writer) (string, string) {
		return "/projects/MINE/integrations/github/" + w.connected() + "/import/resume", ""
	},
	"POST /projects/:key/integrations/:source/:name/import/restart": func(w *writer) (string, string) {
		return "/projects/MINE/integrations/github/" + w.connected() + "/import/restart", ""
	},
	"POST /api/v1/projects/:key/integrations/:source/:name/halt": func(w *writer) (string, string) {
		return "/api/v1/projects/MINE/integrations/github/" + w.connected() + "/halt", ""
	},
	"POST /api/v1/projects/:key/integrations/:source/:name/resume": func(w *writer) (string, string) {
		return "/api/v1/projects/MINE/integrations/github/" + w.connected() + "/resume", ""
	},
	"POST /api/v1/projects/:key/integrations/:source/:name/restart": func(w *writer) (string, string) {
		return "/api/v1/projects/MINE/integrations/github/" + w.connected() + "/restart", ""
	},
	"POST /projects/:key/integrations/:source/:name/test": func(w *writer) (string, string) {
		return "/projects/MINE/integrations/github/" + w.connected() + "/test", ""
	},
	"POST /api/v1/projects/:key/integrations/:source/:name/test": func(w *writer) (string, string) {
		return "/api/v1/projects/MINE/integrations/github/" + w.connected() + "/test", ""
	},
	"POST /projects/:key/integrations/:source/:name/sync": func(w *writer) (string, string) {
		return "/projects/MINE/integrations/github/" + w.connected() + "/sync", ""
	},
	"POST /api/v1/projects/:key/integrations": func(w *writer) (string, string) {
		return "/api/v1/projects/MINE/integrations", `{"source":"github","name":"` + w.name() + `","settings":{"secret":"s"}}`
	},
	"PATCH /api/v1/projects/:key/integrations/:source/:name": func(w *writer) (string, string) {
		return "/api/v1/projects/MINE/integrations/github/" + w.connected(), `{"settings":{"secret":"t"}}`
	},
	"POST /api/v1/projects/:key/integrations/:source/:name/check": func(w *writer) (string, string) {
		return "/api/v1/projects/MINE/integrations/github/" + w.connected() + "/check", ""
	},
	"POST /api/v1/projects/:key/integrations/:source/:name/webhook": func(w *writer) (string, string) {
		return "/api/v1/projects/MINE/integrations/github/" + w.connected() + "/webhook", `{"by_hand":true}`
	},
	"DELETE /api/v1/projects/:key/integrations/:source/:name": func(w *writer) (string, string) {
		return "/api/v1/projects/MINE/integrations/github/" + w.connected(), ""
	},
	"POST /projects/:key/deliveries/:id/replay":        func(w *writer) (string, string) { return w.delivery("/projects/MINE/deliveries/%d/replay"), "" },
	"POST /api/v1/projects/:key/deliveries/:id/replay": func(w *writer) (string, string) { return w.delivery("/api/v1/projects/MINE/deliveries/%d/replay"), "" },
	"POST /api/v1/projects/:key/events":                func(w *writer) (string, string) { return "/api/v1/projects/MINE/events", w.event() },
	"POST /hooks/:source/:name":                        func(w *writer) (string, string) { return "/hooks/cloudevents/mine", w.event() },
	"OPTIONS /hooks/:source/:name":                     fixed("/hooks/cloudevents/mine", ""),

	"POST /api/v1/links":       fixed("/api/v1/links", `{"from":{"kind":"run","key":"r1"},"to":{"kind":"pull_request","key":"acme/churn#7"},"relation":"mentions"}`),
	"DELETE /api/v1/links/:id": func(w *writer) (string, string) { return w.link("/api/v1/links/%d"), "" },
	"POST /subjects/:kind/:key/links": func(w *writer) (string, string) {
		return "/subjects/run/r1/links", fields("relation", "mentions", "kind", "model", "key", "churn")
	},
	"POST /subjects/:kind/:key/links/:id/remove": func(w *writer) (string, string) {
		return w.link("/subjects/model_version/churn%%2F3/links/%d/remove"), ""
	},
	"POST /subjects/:kind/:key/owners":              fixed("/subjects/run/r1/owners", fields("person", "ann", "as", "owner")),
	"PUT /api/v1/subjects/:kind/:key/owners":        fixed("/api/v1/subjects/model/churn/owners", `{"owners":[{"person":"ann"},{"person":"ben","as":"deputy"}]}`),
	"POST /subjects/:kind/:key/comments":            fixed("/subjects/run/r1/comments", "body=good"),
	"POST /api/v1/subjects/:kind/:key/comments":     fixed("/api/v1/subjects/run/r1/comments", `{"body":"good"}`),
	"POST /subjects/:kind/:key/comments/:id":        func(w *writer) (string, string) { return w.comment("/subjects/run/r1/comments/%d"), "body=better" },
	"POST /subjects/:kind/:key/comments/:id/delete": func(w *writer) (string, string) { return w.comment("/subjects/run/r1/comments/%d/delete"), "" },
	"POST /throughline/:environment/:name/close":    fixed("/throughline/production/churn/close", fields("missing", "owner_model", "kind", "model", "key", "churn", "value", "cleo")),
	"POST /models/:name/card": func(w *writer) (string, string) {
		return "/models/churn/card", fields("markdown", "# Uses\n\n"+w.name())
	},
	"PUT /api/v1/models/:name/card":                   func(w *writer) (string, string) { return "/api/v1/models/churn/card", "# Uses\n\n" + w.name() },
	"POST /datasets/:namespace/:name/freshness":       fixed("/datasets/s3/clicks/freshness", fields("every", "24h")),
	"PUT /api/v1/datasets/:namespace/:name/freshness": fixed("/api/v1/datasets/s3/clicks/freshness", `{"every":"24h"}`),
	"POST /datasets/:namespace/:name/changes":         fixed("/datasets/s3/clicks/changes", fields("kind", "other", "on", "2099-01-01")),
	"POST /api/v1/datasets/:namespace/:name/changes":  fixed("/api/v1/datasets/s3/clicks/changes", `{"kind":"column_removed","columns":["country"],"on":"2099-01-01"}`),
	"POST /datasets/:namespace/:name/changes/:id":     func(w *writer) (string, string) { return w.change("/datasets/s3/clicks/changes/%d"), "state=withdrawn" },
	"PATCH /api/v1/datasets/:namespace/:name/changes/:id": func(w *writer) (string, string) {
		return w.change("/api/v1/datasets/s3/clicks/changes/%d"), `{"on":"2099-02-01"}`
	},
	"POST /models/:name/changes/:id": func(w *writer) (string, string) { return w.change("/models/churn/changes/%d"), "verdict=safe" },
	"POST /api/v1/models/:name/data-changes/:id/answers": func(w *writer) (string, string) {
		return w.change("/api/v1/models/churn/data-changes/%d/answers"), `{"verdict":"blocked","text":"why"}`
	},
	"POST /datasets/:namespace/:name/governance":       fixed("/datasets/s3/clicks/governance", fields("classification", "internal")),
	"PUT /api/v1/datasets/:namespace/:name/governance": fixed("/api/v1/datasets/s3/clicks/governance", `{"classification":"confidential"}`),
}

func fixed(path, body string) func(*writer) (string, string) {
	return func(*writer) (string, string) { return path, body }
}

func fields(pairs ...string) string {
	f := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Add(pairs[i], pairs[i+1])
	}
	return f.Encode()
}

func keepJSON() string {
	keep := models.DefaultKeeping()
	keep.Tokens++
	text, _ := json.Marshal(keep)
	return string(text)
}

func keepFormOf(days string) string {
	f := url.Values{}
	for _, r := range models.KeepRules {
		f.Set(r.Name, days)
	}
	return f.Encode()
}

func (w *writer) account() models.Account { return w.person(w.name()+"@example.com", models.Nobody) }

func (w *writer) of(path string) string { return fmt.Sprintf(path, w.account().ID) }

func (w *writer) member(path string) string {
	a := w.account()
	require.NoError(w.t, w.store.SetMember(context.Background(), system, w.project.ID, a.ID, models.Viewer))
	return fmt.Sprintf(path, a.ID)
}

// setupCode is of a hub that has nobody yet.
func (w *writer) setupCode() string {
	w.site = newSite(w.t)
	return must(w.store.NewSetupLink(context.Background()))
}

func (w *writer) resetCode() string {
	code, _, err := w.store.NewResetLink(context.Background(), system, w.account().ID)
	require.NoError(w.t, err)
	return code
}

// session is one of boss's, by the name that may be shown.
func (w *writer) session() string {
	value, err := w.store.NewSession(context.Background(), w.people["boss"], "another")
	require.NoError(w.t, err)
	session, err := w.store.PrincipalBySession(context.Background(), value)
	require.NoError(w.t, err)
	list, err := w.store.Sessions(context.Background(), session.Principal)
	require.NoError(w.t, err)
	for _, one := range list {
		if one.Current {
			return one.ID
		}
	}
	return ""
}

func (w *writer) card(path string) string {
	card, err := w.store.AddCard(context.Background(), system, w.project, "A task", 0)
	require.NoError(w.t, err)
	return fmt.Sprintf(path, card.ID)
}

func (w *writer) bot(path string, project int64) string {
	_, token, err := w.store.CreateToken(context.Background(), system, store.NewToken{Name: w.name(), Role: models.Viewer, ProjectID: project})
	require.NoError(w.t, err)
	return fmt.Sprintf(path, token.ID)
}

// connected is an integration of GitHub's.
func (w *writer) connected() string {
	name := w.name()
	require.Equal(w.t, 201, w.ask("seed", "POST", "/api/v1/projects/MINE/integrations", `{"source":"github","name":"`+name+`","settings":{"secret":"s"}}`).status)
	return name
}

func (w *writer) delivery(path string) string {
	list, err := w.store.Deliveries(context.Background(), w.project.ID, store.DeliveryFilter{})
	require.NoError(w.t, err)
	return fmt.Sprintf(path, list[0].ID)
}

func (w *writer) event() string {
	name := w.name()
	return cloudEvent(name, "run.started", `{"run_id":"`+name+`"}`)
}

func (w *writer) link(path string) string {
	l, err := w.store.AddLink(context.Background(), w.boss(), models.Ref{Kind: models.ModelVersion, Key: "churn/3"},
		models.Ref{Kind: models.DatasetVersion, Key: "lake/" + w.name() + "@sha256:aa"}, models.DerivedFrom)
	require.NoError(w.t, err)
	return fmt.Sprintf(path, l.ID)
}

func (w *writer) boss() models.Principal {
	return models.Principal{PersonID: w.people["boss"].ID, Name: "boss", Hub: models.Administrator}
}

// comment is one of seed's: only who wrote it may change it.
func (w *writer) comment(path string) string {
	a := w.ask("seed", "POST", "/api/v1/subjects/run/r1/comments", `{"body":"good"}`)
	return fmt.Sprintf(path, int64(a.json(w.t)["id"].(float64)))
}
