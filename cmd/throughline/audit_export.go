package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"throughline/models"
	"throughline/models/store"
)

type auditExport struct {
	database
	Format  string `default:"jsonl" enum:"jsonl,csv" placeholder:"FORMAT" help:"jsonl or csv. Only JSON lines of the whole record can be checked with audit verify --file."`
	Output  string `placeholder:"FILE" help:"File to write, which must not be there yet; without, standard output."`
	Who     string `placeholder:"WHO" help:"Only what one did: person:3, token:7, integration:2, system; person, token or integration for all of them; else a part of the name."`
	Action  string `placeholder:"ACTION" help:"Only one action, such as member.set; member.* is all of a kind."`
	Project string `placeholder:"KEY" help:"Only one project; - is what belongs to none."`
	Subject string `placeholder:"KIND/KEY" help:"Only what is about one subject, such as model/churn."`
	From    string `placeholder:"DAY" help:"Not before this day, such as 2026-11-01."`
	To      string `placeholder:"DAY" help:"Not after this day."`
	Text    string `placeholder:"WORDS" help:"Only where what changed contains this."`
}

// Run exports the record. That it does is itself recorded.
func (c auditExport) Run(a *app) error {
	f, err := c.filter()
	if err != nil {
		return refusal{err}
	}
	return a.withStore(c.database, func(s *store.Store) error {
		out, done, err := c.output(a)
		if err != nil {
			return err
		}
		e, err := s.ExportAudit(a.ctx, commandLine, f, c.Format)
		if err == nil {
			err = e.Write(a.ctx, out)
		}
		if closed := done(); err == nil {
			err = closed
		}
		if err == nil {
			fmt.Fprintf(a.stderr, "%d rows are exported.\n", e.Rows)
		}
		return err
	})
}

func (c auditExport) output(a *app) (io.Writer, func() error, error) {
	if c.Output == "" {
		return a.stdout, func() error { return nil }, nil
	}
	file, err := os.OpenFile(c.Output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, nil, err
	}
	return file, file.Close, nil
}

func (c auditExport) filter() (f store.AuditFilter, err error) {
	f = store.AuditFilter{Who: c.Who, Action: c.Action, Project: c.Project, Text: c.Text}
	if kind, key, _ := strings.Cut(c.Subject, "/"); c.Subject != "" {
		f.Subject = models.Ref{Kind: models.Kind(kind), Key: key}
		if !f.Subject.Kind.Known() {
			return f, fmt.Errorf("--subject: %q is not KIND/KEY, such as model/churn", c.Subject)
		}
	}
	if f.From, err = dayOf("from", c.From, 0); err != nil {
		return f, err
	}
	f.To, err = dayOf("to", c.To, 24*time.Hour)
	return f, err
}

func dayOf(flag, text string, rest time.Duration) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, fmt.Errorf("--%s: %q is no day such as 2026-11-23", flag, text)
	}
	return day.Add(rest), nil
}
