package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"

	"throughline/integrations"
	"throughline/integrations/github"
	"throughline/models"
	"throughline/models/store"
)

// TestAnyOrderOfGitHubGivesOneState: the real payloads of
// @octokit/webhooks-examples in a hundred random orders, some told twice, and
// from several senders at once, leave one state: subjects, facts, links, owners
// and places on the board.
func TestAnyOrderOfGitHubGivesOneState(t *testing.T) {
	events := examples(t)
	orders := 100
	if raceDetector { // ten times slower; the hundred run without it
		orders = 10
	}
	first := ""
	for seed := range orders {
		state := leave(t, shuffled(events, uint64(seed)))
		if first == "" {
			first = state
		}
		if state != first {
			t.Fatalf("order %d ends elsewhere:\n%s", seed, difference(first, state))
		}
	}
	t.Logf("%d payloads, %d orders, one state %x", len(events), orders, sha256.Sum256([]byte(first)))
	if !strings.Contains(first, "pull_request") || strings.Count(first, "\n") < 50 {
		t.Errorf("hardly anything was understood:\n%s", first)
	}
}

// examples are the payloads, as the source decodes them.
func examples(t *testing.T) (out []integrations.Event) {
	t.Helper()
	text, err := os.ReadFile("../../e2e/node_modules/@octokit/webhooks-examples/api.github.com/index.json")
	switch {
	case errors.Is(err, os.ErrNotExist) && os.Getenv("CI") != "true":
		t.Skip("@octokit/webhooks-examples is not installed: npm ci in e2e")
	case err != nil:
		t.Fatal(err)
	}
	var list []struct {
		Name     string
		Examples []json.RawMessage
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	for _, event := range list {
		for _, body := range event.Examples {
			header := http.Header{"X-Github-Event": {event.Name}, "X-Hub-Signature-256": {github.Sign("s", body)}, "Content-Type": {"application/json"}}
			got, err := github.Source{}.Receive(context.Background(), integrations.Account{Settings: map[string]string{"secret": "s"}}, integrations.Request{Header: header, Body: body})
			if err != nil || len(got) != 1 {
				t.Fatalf("%s: %v", event.Name, err)
			}
			out = append(out, got[0])
		}
	}
	if len(out) != 329 {
		t.Fatalf("%d payloads", len(out))
	}
	return out
}

// shuffled are the events in an order of their own, a third of them told twice.
func shuffled(events []integrations.Event, seed uint64) (out []store.Inbound) {
	random := rand.New(rand.NewPCG(seed, 7))
	for n, e := range events {
		out = append(out, inbound(e, fmt.Sprint(n)))
		if random.IntN(3) == 0 {
			out = append(out, inbound(e, fmt.Sprint(n, " again")))
		}
	}
	return mixed(out, seed)
}

// mixed are the same in another order.
func mixed(list []store.Inbound, seed uint64) []store.Inbound {
	random := rand.New(rand.NewPCG(seed, 8))
	random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func inbound(e integrations.Event, id string) store.Inbound {
	in := store.Inbound{ID: id, Name: e.Name, Body: e.Body, Ignored: e.Ignored}
	text, _ := json.Marshal(e.Batch) // each its own: the store may change what it is given
	_ = json.Unmarshal(text, &in.Batch)
	return in
}

// leave tells the events to a new hub and returns the state they leave.
func leave(t *testing.T, events []store.Inbound) string { return leaveAs(t, "github", events) }

// leaveAs is leave of an integration of the named source.
func leaveAs(t *testing.T, source string, events []store.Inbound) string {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	s, err := store.Open(ctx, store.Options{DataDir: dir, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	admin := models.Principal{TokenID: 1, Name: "tests", Hub: models.Administrator}
	project, err := s.CreateProject(ctx, admin, "OCTO", "Octo")
	if err != nil {
		t.Fatal(err)
	}
	integration, err := s.CreateIntegration(ctx, admin, project.ID, source, "octo", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	queue := make(chan store.Inbound)
	var senders sync.WaitGroup
	for range 6 {
		senders.Go(func() {
			for in := range queue {
				in.Integration = integration
				if out, err := s.Apply(ctx, in); err != nil || out.State == "parked" {
					t.Errorf("%s: %s %v", in.Name, out.Error, err)
				}
			}
		})
	}
	for _, in := range events {
		queue <- in
	}
	close(queue)
	senders.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return stateOf(t, filepath.Join(dir, "throughline.db"))
}

// stateOf is all that the state hash covers, as sorted lines. A subject that only
// an outdated fact mentioned is known to nobody, and counts for nothing.
func stateOf(t *testing.T, file string) string {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const name = `(SELECT kind || ' ' || key FROM subjects WHERE id = %s)`
	var lines []string
	for _, q := range []string{
		`SELECT 'subject ' || kind || ' ' || key, title, url, state, raw, checks, described, state_at, facts FROM subjects
 WHERE described = 1 OR id IN (SELECT from_id FROM links WHERE until_at = 0 UNION SELECT to_id FROM links WHERE until_at = 0)`,
		`SELECT 'link ' || ` + fmt.Sprintf(name, "from_id") + `, relation, ` + fmt.Sprintf(name, "to_id") + `, evidence, '' FROM links WHERE until_at = 0`,
		`SELECT 'owner ' || ` + fmt.Sprintf(name, "subject_id") + `, person, answers_as, evidence, '' FROM owners WHERE until_at = 0`,
		`SELECT 'card ' || ` + fmt.Sprintf(name, "subject_id") + `, (SELECT name FROM board_columns b WHERE b.id = column_id), placed, '' FROM cards`,
	} {
		lines = append(lines, linesOf(t, db, q)...)
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// linesOf reads a query's rows; the last column is facts, of which the values count.
func linesOf(t *testing.T, db *sql.DB, q string) (out []string) {
	t.Helper()
	rows, err := db.Query(q)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, _ := rows.Columns()
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var facts models.Facts
		if text, ok := values[len(values)-1].(string); ok && text != "" && json.Unmarshal([]byte(text), &facts) == nil {
			plain := map[string]json.RawMessage{}
			for name, fact := range facts {
				if string(fact.Value) != "null" { // what was taken back is as if it had never been said
					plain[name] = fact.Value
				}
			}
			text, _ := json.Marshal(plain)
			values[len(values)-1] = string(text)
		}
		out = append(out, fmt.Sprint(values...))
	}
	return out
}

// difference are the lines that only one of two states has.
func difference(a, b string) string {
	var out []string
	for sign, pair := range map[string][2]string{"- ": {a, b}, "+ ": {b, a}} {
		for _, line := range strings.Split(pair[0], "\n") {
			if !strings.Contains("\n"+pair[1]+"\n", "\n"+line+"\n") {
				out = append(out, sign+line)
			}
		}
	}
	sort.Strings(out)
	return strings.Join(out, "\n")
}
