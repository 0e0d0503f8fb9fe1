package store

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

const danas = "dana.w@example.com"

// everything is the database as text: every value of every table, each with its place.
func everything(t *testing.T, s *Store) string {
	t.Helper()
	tables, err := s.tables(context.Background())
	require.NoError(t, err)
	tables = append(tables, table{name: "search"})
	var b strings.Builder
	for _, table := range tables {
		rows, err := s.reader.Query(`SELECT * FROM ` + table.name)
		require.NoError(t, err)
		names, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			values, into := make([]any, len(names)), make([]any, len(names))
			for i := range values {
				into[i] = &values[i]
			}
			require.NoError(t, rows.Scan(into...))
			for i, v := range values {
				if raw, is := v.([]byte); is {
					v = string(raw)
				}
				fmt.Fprintf(&b, "%s.%s: %v\n", table.name, names[i], v)
			}
		}
		require.NoError(t, rows.Err())
		rows.Close()
	}
	return b.String()
}

// lines are the places where a text holds a word, whatever its case.
func lines(text, word string) (out []string) {
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(strings.ToLower(line), strings.ToLower(word)) {
			out = append(out, line)
		}
	}
	return out
}

// traces leaves a person all over a hub, and returns the account.
func (h *hub) traces() models.Account {
	h.t.Helper()
	ctx, s := context.Background(), h.s
	a, err := s.CreatePerson(ctx, admin, NewPerson{Email: danas, Name: "Dana Whitfield", Password: "correct horse battery"})
	require.NoError(h.t, err)
	require.NoError(h.t, s.SetMember(ctx, admin, h.project.ID, a.ID, models.Maintainer))
	_, err = s.NewSession(ctx, a, "Firefox")
	require.NoError(h.t, err)
	by := models.Principal{PersonID: a.ID, Name: a.Name, Email: a.Email, Projects: map[int64]models.Role{h.project.ID: models.Maintainer}}
	run := ref(models.Run, "danas-run")
	h.apply("cloudevents", "1", models.Description{Ref: run, At: day(0), State: models.Passed, Title: "Dana Whitfield’s run", Text: "made by <dana.w@example.com>",
		Facts: map[string]any{"user": "dwhit", "tag.owner": danas, "param.x": "dwhit-branch"}})
	h.apply("github", "2", models.Description{Ref: ref(models.PullRequest, "acme/fraud#9"), At: day(1), State: models.Open, Title: "Fix; ask Dana.W@Example.com",
		Facts: map[string]any{"author": "dwhit", "review.dwhit": map[string]any{"state": "approved"}}, Owners: []models.OwnerClaim{{Person: "DWhit"}, {Person: "kim"}}})
	_, err = s.Apply(ctx, Inbound{Integration: h.sources["github"], ID: "parked-" + danas, Name: "push", Problem: "no such field for " + danas, Header: map[string]string{"From": danas},
		Body: []byte(`{"pusher":{"login":"dwhit","email":"dana.w\u0040example.com"},"commit":"Dana Whitfield\n\u003cdana.w@example.com\u003e","ref":"refs/heads/dwhit"}`)})
	require.NoError(h.t, err)
	_, err = s.SetOwners(ctx, by, run, []models.OwnerClaim{{Person: danas}, {Person: "kim@example.com"}})
	require.NoError(h.t, err)
	id := h.find(models.Run, "danas-run").ID
	_, err = s.AddComment(ctx, by, id, "I did this")
	require.NoError(h.t, err)
	_, err = s.AddComment(ctx, admin, id, "Thanks @dwhit (Dana Whitfield, dana.w@example.com)!")
	require.NoError(h.t, err)
	_, err = s.AddLink(ctx, by, run, ref(models.Commit, "github.com/acme/fraud@"+sha1), models.BuiltFrom)
	require.NoError(h.t, err)
	_, _, err = s.CreateToken(ctx, by, NewToken{Name: "dana.w@example.com's bot", Role: models.Contributor, ProjectID: h.project.ID})
	require.NoError(h.t, err)
	_, err = s.SaveCard(ctx, by, h.project.ID, "fraud-score", models.Batch{Cards: []models.CardText{{Model: "fraud-score", Markdown: "# Card\nWritten by Dana Whitfield, " + danas, At: day(2)}}})
	require.NoError(h.t, err)
	require.NoError(h.t, s.UpdateProject(ctx, by, models.Project{ID: h.project.ID, Key: "FRAUD", Name: "Fraud scoring", Description: "Ask Dana Whitfield <" + danas + ">"}))
	for n := 1; n > 0; {
		n, err = s.indexSearch(ctx)
		require.NoError(h.t, err)
	}
	return a
}

func TestNothingIsLeftOfAnAnonymisedPerson(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		makePerson(t, s, "admin@example.com", models.Administrator)
		a := h.traces()
		before := everything(t, s)
		require.Greater(t, len(lines(before, danas)), 12, "they are all over the place")
		dry, err := s.Anonymise(ctx, admin, danas, []string{"dwhit"}, true)
		require.NoError(t, err)
		require.Greater(t, dry.Rows(), int64(10))
		require.Equal(t, before, everything(t, s), "a dry run changes nothing")

		done, err := s.Anonymise(ctx, admin, "Dana.W@example.com", []string{"@dwhit"}, false)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("Former member %d", a.ID), done.Label)
		after := everything(t, s)
		for _, word := range []string{danas, "dana.w\\u0040example.com", "Dana Whitfield", "whitfield", "Firefox"} {
			require.Empty(t, lines(after, word), word)
		}
		require.NotContains(t, after, `"dwhit"`)
		require.NotContains(t, after, "@dwhit")
		s.verifies(t)

		account, err := s.PersonByEmail(ctx, fmt.Sprintf("former-member-%d@anonymised.invalid", a.ID))
		require.NoError(t, err)
		require.True(t, account.Disabled)
		pr := h.find(models.PullRequest, "acme/fraud#9")
		require.Contains(t, pr.Facts, fmt.Sprintf("review.former-member-%d", a.ID), "the review stays, its author is nobody")
		owners, err := s.Owners(ctx, pr.ID)
		require.NoError(t, err)
		require.Len(t, owners, 1, "nobody anonymised answers for anything")
		require.Equal(t, "kim", owners[0].Person)
		comments, err := s.Comments(ctx, h.find(models.Run, "danas-run").ID)
		require.NoError(t, err)
		require.Equal(t, done.Label, comments[0].Author)
		require.Equal(t, "I did this", comments[0].Body, "what they wrote stays")
		require.Equal(t, fmt.Sprintf("Thanks @former-member-%d (%s, former-member-%d)!", a.ID, done.Label, a.ID), comments[1].Body)
		tokens, err := s.Tokens(ctx, 0)
		require.NoError(t, err)
		require.False(t, tokens[0].RevokedAt.IsZero())
		found, _, err := s.Subjects(ctx, admin, SubjectFilter{Text: "whitfield"})
		require.NoError(t, err)
		require.Empty(t, found, "search finds them no more")
		rows, err := s.Activity(ctx, admin, ActivityFilter{Limit: 200})
		require.NoError(t, err)
		require.Equal(t, "person.anonymised", rows[0].Action)
	})
}

func TestAnonymisingTwiceIsOnce(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.traces()
		_, err := s.Anonymise(ctx, admin, danas, []string{"dwhit"}, false)
		require.NoError(t, err)
		before := everything(t, s)
		again, err := s.Anonymise(ctx, admin, danas, []string{"dwhit"}, false)
		require.NoError(t, err)
		require.True(t, again.Already)
		require.Zero(t, again.Rows())
		require.Equal(t, before, everything(t, s))
		_, err = s.Anonymise(ctx, admin, "nobody@example.com", nil, false)
		require.Equal(t, models.NotFound, models.CodeOf(err))
	})
}

func TestWhatSourcesTellAgainIsReplacedAsItComesIn(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		a := h.traces()
		_, err := s.Anonymise(ctx, admin, danas, []string{"dwhit"}, false)
		require.NoError(t, err)
		for id, d := range map[string]models.Description{
			"later":  {Ref: ref(models.PullRequest, "acme/fraud#9"), At: day(5), Title: "Again by Dana Whitfield", Facts: map[string]any{"author": "DWhit", "review.dwhit": map[string]any{"state": "dismissed"}}, Owners: []models.OwnerClaim{{Person: "dwhit"}, {Person: "kim"}}},
			"key":    {Ref: ref(models.Person, danas), At: day(5), Title: danas},
			"linked": {Ref: ref(models.Run, "r2"), At: day(5), Links: []models.LinkTo{{Relation: models.TrainedOn, To: ref(models.DatasetVersion, "s3://lake/"+danas+"@sha256:ab")}}},
		} {
			_, err := s.Apply(ctx, Inbound{Integration: h.sources["github"], ID: id, Name: "push", Header: map[string]string{"From": danas},
				Body: []byte(`{"email":"` + danas + `","login":"dwhit"}`), Batch: models.Batch{Descriptions: []models.Description{d}}})
			require.NoError(t, err)
		}
		after := everything(t, s)
		for _, word := range []string{danas, "Dana Whitfield", `"dwhit"`} {
			require.Empty(t, lines(after, word), word)
		}
		require.Equal(t, fmt.Sprintf("former-member-%d", a.ID), h.find(models.PullRequest, "acme/fraud#9").Text("author"))
		owners, err := s.Owners(ctx, h.find(models.PullRequest, "acme/fraud#9").ID)
		require.NoError(t, err)
		require.Len(t, owners, 1)

		_, err = s.CreatePerson(ctx, admin, NewPerson{Email: danas, Name: "Dana Whitfield"})
		require.NoError(t, err, "whoever comes back has an account like anybody")
		h.apply("github", "back", models.Description{Ref: ref(models.PullRequest, "acme/fraud#9"), At: day(6), Facts: map[string]any{"author": "dwhit"}})
		require.Equal(t, "dwhit", h.find(models.PullRequest, "acme/fraud#9").Text("author"))
	})
}

func TestNamesakesKeepTheirName(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.traces()
		other, err := s.CreatePerson(ctx, admin, NewPerson{Email: "dana@elsewhere.example", Name: "Dana Whitfield"})
		require.NoError(t, err)
		theirs := models.Principal{PersonID: other.ID, Name: other.Name, Hub: models.Contributor}
		id := h.find(models.Run, "danas-run").ID
		_, err = s.AddComment(ctx, theirs, id, "from the other Dana")
		require.NoError(t, err)
		_, err = s.Anonymise(ctx, admin, danas, nil, false)
		require.NoError(t, err)
		comments, err := s.Comments(ctx, id)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(comments[0].Author, "Former member"))
		require.Equal(t, "Dana Whitfield", comments[2].Author)
		require.Empty(t, lines(everything(t, s), danas))
	})
}

func TestTheLastAdministratorIsNotAnonymised(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		makePerson(t, s, "admin@example.com", models.Administrator)
		_, err := s.Anonymise(context.Background(), admin, "admin@example.com", nil, false)
		require.Equal(t, models.Conflict, models.CodeOf(err))
		a, err := s.PersonByEmail(context.Background(), "admin@example.com")
		require.NoError(t, err)
		require.False(t, a.Disabled)
	})
}

// Whoever is known to sources alone can be forgotten too.
func TestSomebodyWithoutAnAccountIsAnonymised(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.apply("github", "1", models.Description{Ref: ref(models.PullRequest, "acme/fraud#1"), At: day(0), Facts: map[string]any{"author": "Lee <lee@elsewhere.example>", "by": "leelogin"}})
		out, err := s.Anonymise(ctx, admin, "lee@elsewhere.example", []string{"leelogin"}, false)
		require.NoError(t, err)
		require.NotZero(t, out.Person)
		after := everything(t, s)
		require.Empty(t, lines(after, "lee@elsewhere"))
		require.Empty(t, lines(after, "leelogin"))
	})
}

// The order in which events and an anonymisation come does not matter to anything
// that is not the person's.
func TestAnonymisingAmongEventsChangesNothingElse(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		want := ""
		for seed := range 6 {
			o := Options{DataDir: t.TempDir()}
			if s.dialect.numbers {
				o = Options{DatabaseURL: freshDatabase(t)}
			}
			h, random := newHub(t, open(t, o)), rand.New(rand.NewSource(int64(seed)))
			makePerson(t, h.s, "kim@example.com", models.Nobody)
			order := append(names(), names()...)
			random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			cut := random.Intn(len(order) + 1)
			h.tell(order[:cut])
			_, err := h.s.Anonymise(context.Background(), admin, "kim@example.com", []string{"kim"}, false)
			require.NoError(t, err)
			h.tell(order[cut:])
			h.s.verifies(t)
			if want == "" {
				want = h.state()
			}
			require.Contains(t, want, `"v":"former-member-1"`)
			require.Equal(t, want, h.state(), "anonymised after %d of %v", cut, order)
		}
	})
}

// verifies tells whether the chain of the activity holds.
func (s *Store) verifies(t *testing.T) {
	t.Helper()
	rows, broken, err := s.VerifyActivity(context.Background())
	require.NoError(t, err)
	require.Zero(t, broken)
	require.NotZero(t, rows)
}

func TestRowsOfActivityReferToPeopleById(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		a := h.traces()
		var n int
		require.NoError(t, s.row(ctx, `SELECT COUNT(*) FROM activity WHERE actor = ? AND by_name <> ''`, []any{fmt.Sprint("person:", a.ID)}, &n))
		require.Zero(t, n)
		rows, err := s.Activity(ctx, admin, ActivityFilter{Limit: 200})
		require.NoError(t, err)
		for _, r := range rows {
			require.NotEmpty(t, r.By, "the name is joined when %s is shown", r.Action)
		}
	})
}

func TestTheFilesOfSQLiteForgetToo(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{DataDir: dir})
	h := newHub(t, s)
	h.traces()
	_, err := s.Anonymise(context.Background(), admin, danas, []string{"dwhit"}, false)
	require.NoError(t, err)
	require.NoError(t, s.Vacuum(context.Background()))
	for _, name := range []string{"throughline.db", "throughline.db-wal"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if os.IsNotExist(err) {
			continue
		}
		require.NoError(t, err)
		for _, word := range []string{danas, "Dana Whitfield", "whitfield"} {
			require.False(t, bytes.Contains(bytes.ToLower(raw), []byte(strings.ToLower(word))), "%s in %s", word, name)
		}
	}
}

// Every table that belongs to people is dealt with: one that is new has to be
// named among those whose rows go, or those that stay.
func TestEveryTableOfPeopleIsDealtWith(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		tables, err := s.tables(context.Background())
		require.NoError(t, err)
		for _, table := range tables {
			if table.has("person_id") && !contains(ofPeople, table.name) && !contains(kept, table.name) {
				t.Errorf("what becomes of the rows of %s when their person is anonymised? Name it in anonymiserows.go", table.name)
			}
		}
	})
}
