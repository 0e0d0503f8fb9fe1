package main

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"throughline/models"
	"throughline/models/store"
)

type tokenCommand struct {
	Create tokenCreate `cmd:"" help:"Make a token. It is printed on the last line, this once."`
	List   tokenList   `cmd:"" help:"List tokens."`
	Rotate tokenRotate `cmd:"" help:"Give a token a new value, printed on the last line, this once; the old one works on for a while."`
	Revoke tokenRevoke `cmd:"" help:"End a token."`
}

type tokenCreate struct {
	database
	Name    string   `required:"" placeholder:"NAME" help:"What the token is for: jenkins-prod."`
	Role    string   `required:"" placeholder:"ROLE" help:"viewer, contributor, maintainer or administrator."`
	Project string   `placeholder:"KEY" help:"The one project it works in; without one, the whole hub."`
	Scope   []string `placeholder:"SCOPE" help:"Limit it to some of read, events:write, runs:write, deployments:write, write; without, all that the role allows."`
	Expires string   `placeholder:"PERIOD" help:"When it ends: 90d, 12h; without, never."`
}

// Run makes a token, also beside a running server.
func (c tokenCreate) Run(a *app) error {
	token, err := c.token(time.Now())
	if err != nil {
		return err
	}
	return a.withStore(c.database, func(s *store.Store) error {
		if token.ProjectID, err = projectID(a, s, c.Project); err != nil {
			return err
		}
		value, made, err := s.CreateToken(a.ctx, commandLine, token)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "Token %d, %q, %s. Keep it: it is not shown again.\n", made.ID, made.Name, made.Role)
		fmt.Fprintln(a.stdout, value)
		return nil
	})
}

// token is what was asked for; everything that is wrong with it is said at once.
func (c tokenCreate) token(now time.Time) (t store.NewToken, err error) {
	var w wrong
	t = store.NewToken{Name: c.Name, Role: models.Role(c.Role)}
	if !t.Role.Known() {
		w.say("--role: there is no role %q; there are %s.", c.Role, listed(models.Roles))
	}
	for _, scope := range c.Scope {
		if t.Scopes = append(t.Scopes, models.Scope(scope)); !slices.Contains(models.Scopes, models.Scope(scope)) {
			w.say("--scope: there is no scope %q; there are %s.", scope, listed(models.Scopes))
		}
	}
	if c.Expires != "" {
		period, err := parsePeriod(c.Expires)
		if err != nil {
			w.say("%s.", err.Error())
		}
		t.ExpiresAt = now.Add(period)
	}
	return t, w.err()
}

func listed[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = string(word)
	}
	return strings.Join(out, ", ")
}

// parsePeriod reads "90d" besides what Go reads.
func parsePeriod(text string) (time.Duration, error) {
	days, isDays := strings.CutSuffix(text, "d")
	n, err := strconv.Atoi(days)
	if isDays && err == nil && n > 0 && n < 100*366 {
		return time.Duration(n) * 24 * time.Hour, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return d, nil
	}
	return 0, fmt.Errorf("--expires: %q is not a period such as 90d or 12h", text)
}

func projectID(a *app, s *store.Store, key string) (int64, error) {
	if key == "" {
		return 0, nil
	}
	project, err := s.Project(a.ctx, commandLine, key)
	return project.ID, err
}

type tokenList struct {
	database
	Project string `placeholder:"KEY" help:"Only those of one project."`
}

// Run lists the tokens, newest first.
func (c tokenList) Run(a *app) error {
	return a.withStore(c.database, func(s *store.Store) error {
		id, err := projectID(a, s, c.Project)
		if err != nil {
			return err
		}
		list, err := s.Tokens(a.ctx, id)
		if err != nil {
			return err
		}
		writeTokens(a.stdout, list, time.Now())
		return nil
	})
}

func writeTokens(w io.Writer, list []models.Token, now time.Time) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, "ID\tNAME\tROLE\tPROJECT\tSCOPES\tTOKEN\tWORKS\tLAST USED")
	for _, t := range list {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s…%s\t%s\t%s\n", t.ID, printable(t.Name), t.Role, orDash(t.Project),
			orDash(scopes(t.Scopes)), t.Prefix, t.Last4, yesNo(t.Works(now)), day(t.LastUsed))
	}
}

func scopes(list []models.Scope) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = string(s)
	}
	return strings.Join(words, ",")
}

type tokenRotate struct {
	database
	ID      int64  `arg:"" help:"The token's number, as listed."`
	Overlap string `default:"24h" placeholder:"PERIOD" help:"How long the old value works on: 12h, 7d; 0s for not at all."`
}

// Run rotates a token, also beside a running server.
func (c tokenRotate) Run(a *app) error {
	overlap, err := parsePeriod(c.Overlap)
	if c.Overlap == "0s" || c.Overlap == "0" {
		overlap, err = 0, nil
	}
	if err != nil {
		return refusal{fmt.Errorf("--overlap: %q is not a period such as 7d or 12h", c.Overlap)}
	}
	return a.withStore(c.database, func(s *store.Store) error {
		value, token, err := s.RotateToken(a.ctx, commandLine, 0, c.ID, overlap)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "Token %d, %q, has a new value. The old one, …%s, works until %s.\n", token.ID, token.Name, token.OldLast4, day(token.OldUntil))
		fmt.Fprintln(a.stdout, value)
		return nil
	})
}

type tokenRevoke struct {
	database
	ID int64 `arg:"" help:"The token's number, as listed."`
}

// Run ends a token at once.
func (c tokenRevoke) Run(a *app) error {
	return a.withStore(c.database, func(s *store.Store) error {
		if err := s.RevokeToken(a.ctx, commandLine, 0, c.ID); err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "Token %d is revoked.\n", c.ID)
		return nil
	})
}

// commandLine is who acts when somebody with access to the database runs a command.
var commandLine = models.Principal{Name: "command line", Hub: models.Administrator}

// withStore opens the database for one command.
func (a *app) withStore(d database, do func(*store.Store) error) error {
	var w wrong
	if d.check(&w); w != nil {
		return w.err()
	}
	s, err := store.Open(a.ctx, d.options(slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))))
	if err != nil {
		return err
	}
	defer s.Close()
	return do(s)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// printable shows what a terminal would obey: control characters are escaped.
func printable(s string) string {
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}

// inert is printable for text of several lines.
func inert(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(printable(line))
	}
	return strings.Join(lines, "\n")
}
