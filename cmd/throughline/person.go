package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"throughline/models"
	"throughline/models/store"
)

type personCommand struct {
	Export    personExport    `cmd:"" help:"Write all that is known of a person, as JSON."`
	Anonymise personAnonymise `cmd:"" help:"Make a person nobody: close the account and replace address, name and logins everywhere."`
}

type personExport struct {
	database
	Email string   `arg:"" help:"Whose data."`
	Login []string `placeholder:"LOGIN" help:"What the person is called upstream, such as a GitHub login; may be given more than once."`
	Out   string   `placeholder:"FILE" help:"File to write, readable by you alone; without, standard output."`
}

// Run writes an export, also beside a running server.
func (c personExport) Run(a *app) error {
	return a.withStore(c.database, func(s *store.Store) (err error) {
		person, err := s.PersonByEmail(a.ctx, c.Email)
		if err != nil {
			return err
		}
		out := io.Writer(a.stdout)
		if c.Out != "" {
			file, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return refusal{fmt.Errorf("write the export: %w", err)}
			}
			defer func() { err = errors.Join(err, file.Close()) }()
			out = file
		}
		buffered := bufio.NewWriter(out)
		return errors.Join(s.ExportPerson(a.ctx, commandLine, person, c.Login, buffered), buffered.Flush())
	})
}

type personAnonymise struct {
	database
	Email  string   `arg:"" help:"Whose data."`
	Login  []string `placeholder:"LOGIN" help:"What the person is called upstream, such as a GitHub login; may be given more than once."`
	DryRun bool     `name:"dry-run" help:"Only count in how many rows the person stands."`
	Yes    bool     `help:"Do it without asking."`
	Vacuum bool     `help:"Write the embedded database's file anew afterwards, so that no free page of it holds what was replaced; writes wait meanwhile."`
}

// Run anonymises a person, also beside a running server.
func (c personAnonymise) Run(a *app) error {
	return a.withStore(c.database, func(s *store.Store) error {
		plan, err := s.Anonymise(a.ctx, commandLine, c.Email, c.Login, true)
		if err != nil {
			return err
		}
		printPlan(a.stdout, plan)
		if c.DryRun {
			return nil
		}
		if !c.Yes && !agreed(a.stdout, os.Stdin, c.Email) {
			return refusal{errors.New("nothing was changed: type the address to confirm, or give --yes")}
		}
		return c.do(a, s)
	})
}

func (c personAnonymise) do(a *app, s *store.Store) error {
	done, err := s.Anonymise(a.ctx, commandLine, c.Email, c.Login, false)
	if err != nil {
		return err
	}
	if c.Vacuum {
		if err := s.Vacuum(a.ctx); err != nil {
			return err
		}
	}
	if done.Already && done.Rows() == 0 {
		fmt.Fprintf(a.stdout, "Nothing was left to do: this is %s.\n", done.Label)
		return nil
	}
	fmt.Fprintf(a.stdout, "Done: %s. Backups made earlier still hold the person.\n", done.Label)
	return nil
}

func printPlan(w io.Writer, plan store.Anonymous) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, "TABLE\tROWS")
	for _, name := range slices.Sorted(maps.Keys(plan.Found)) {
		fmt.Fprintf(table, "%s\t%d\n", name, plan.Found[name])
	}
	fmt.Fprintf(table, "in all\t%d\n", plan.Rows())
}

// agreed asks for the address, as a word typed by mistake is seldom one.
func agreed(out io.Writer, in io.Reader, email string) bool {
	fmt.Fprintf(out, "This can not be undone. Type %s to go on: ", models.CleanEmail(email))
	line, _ := bufio.NewReader(in).ReadString('\n')
	return models.CleanEmail(line) != "" && models.CleanEmail(line) == models.CleanEmail(email)
}

type retentionCommand struct {
	Run retentionRun `cmd:"" help:"Clear away now what has been kept for as long as the settings say."`
}

type retentionRun struct{ database }

// Run clears away, also beside a running server, which does so by itself every hour.
func (c retentionRun) Run(a *app) error {
	return a.withStore(c.database, func(s *store.Store) error {
		done, err := s.Clean(a.ctx, commandLine)
		if err != nil {
			return err
		}
		for _, rule := range models.KeepRules {
			if n := done.Removed[rule.Name]; n > 0 {
				fmt.Fprintf(a.stdout, "%s: %d\n", strings.ReplaceAll(rule.Name, "_", "-"), n)
			}
		}
		fmt.Fprintf(a.stdout, "%d in all.\n", done.Total())
		return nil
	})
}
