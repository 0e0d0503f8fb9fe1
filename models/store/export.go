package store

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"

	"throughline/models"
	"throughline/models/chain"
	"throughline/models/sheet"
)

// Formats are the formats of an export of the record of activity.
var Formats = []string{"csv", "jsonl"}

// Export is an export of the record of activity that has been recorded and may
// now be written.
type Export struct {
	Format string
	Rows   int64 // that it holds
	s      *Store
	by     models.Principal
	f      AuditFilter
	upTo   int64
}

// ExportAudit prepares an export of what passes a filter, up to the newest row.
// That somebody exports, what and how much, is on record before a byte is sent.
func (s *Store) ExportAudit(ctx context.Context, by models.Principal, f AuditFilter, format string) (*Export, error) {
	if !slices.Contains(Formats, format) {
		return nil, models.FieldErrorf(models.Unprocessed, "format", "There is no format %q; use csv or jsonl.", format)
	}
	e := &Export{Format: format, s: s, by: by, f: f}
	var err error
	if e.upTo, err = s.Seq(ctx); err != nil {
		return nil, err
	}
	f.Before, f.Limit = 0, 0
	where, args := f.where()
	if err := s.row(ctx, `SELECT COUNT(*) FROM activity a WHERE `+where+` AND a.seq <= ?`, append(args, e.upTo), &e.Rows); err != nil {
		return nil, err
	}
	return e, s.write(ctx, by, func(u *unit) error {
		_, err := u.record(f.ProjectID, 0, "audit.exported", map[string]any{"format": format, "rows": e.Rows, "up_to": e.upTo, "filter": f.words()})
		return err
	})
}

// words are what of the filter is set. What may be a person's address or name is
// only told to be there: this row stays when the person is anonymised.
func (f AuditFilter) words() map[string]string {
	all := map[string]string{"project": f.Project, "who": f.Who, "action": f.Action, "text": f.Text, "subject": string(f.Subject.Kind)}
	if f.Subject.Kind != "" {
		all["subject"] += "/" + f.Subject.Key
	}
	if f.Who != "" && !f.exactWho() && !slices.Contains([]string{"person", "token", "integration"}, f.Who) {
		all["who"] = "(a name)"
	}
	if strings.Contains(f.Text, "@") {
		all["text"] = "(an address)"
	}
	if !f.From.IsZero() {
		all["from"] = f.From.UTC().Format("2006-01-02T15:04:05Z")
	}
	if !f.To.IsZero() {
		all["to"] = f.To.UTC().Format("2006-01-02T15:04:05Z")
	}
	for name, value := range all {
		if value == "" {
			delete(all, name)
		}
	}
	return all
}

// exportBatch is how many rows are read at once: a slow reader holds no
// transaction open.
const exportBatch = 1000

// Write writes the rows, the oldest first, in batches.
func (e *Export) Write(ctx context.Context, w io.Writer) error {
	put, flush := e.lines(w)
	f := e.f
	f.Before = e.upTo + 1
	where, args := f.where()
	for after := int64(0); ; {
		rows, err := e.s.query(ctx, auditSelect+where+` AND a.seq > ? ORDER BY a.seq LIMIT `+strconv.Itoa(exportBatch), append(slices.Clone(args), after)...)
		list, err := all(rows, err, scanAudit)
		if err == nil {
			err = e.s.addSubjects(ctx, e.by, list)
		}
		if err != nil {
			return err
		}
		for _, a := range list {
			if err := put(a); err != nil {
				return err
			}
			after = a.Seq
		}
		if err := flush(); err != nil || len(list) < exportBatch {
			return err
		}
	}
}

// lines are what writes one row, and what sends a batch.
func (e *Export) lines(w io.Writer) (put func(AuditRow) error, flush func() error) {
	if e.Format == "csv" {
		return csvLines(w)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // the detail byte for byte
	return func(a AuditRow) error { return encoder.Encode(lineOf(a)) }, func() error {
		_, err := b.WriteTo(w)
		return err
	}
}

func lineOf(a AuditRow) chain.Line {
	l := chain.LineOf(a.Row)
	l.Project, l.Name = a.Project, a.By
	if a.Subject != nil {
		l.SubjectKind, l.SubjectKey = string(a.Subject.Ref.Kind), a.Subject.Ref.Key
	}
	return l
}

func csvLines(w io.Writer) (put func(AuditRow) error, flush func() error) {
	table := sheet.NewWriter(w)
	head := table.Row("seq", "at", "actor", "by", "action", "project", "project_id", "subject_kind", "subject_key", "subject_id", "detail", "hash", "name")
	return func(a AuditRow) error {
		l := lineOf(a)
		return table.Row(l.Seq, l.At.Format("2006-01-02T15:04:05.000Z"), l.Actor, l.By, l.Action, l.Project, l.ProjectID,
			l.SubjectKind, l.SubjectKey, l.SubjectID, a.Row.Detail, l.Hash, l.Name)
	}, func() error { return firstOf(head, table.Flush()) }
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// NoteExport puts on record that somebody takes a list along, before a byte is sent.
func (s *Store) NoteExport(ctx context.Context, by models.Principal, action string, detail map[string]any) error {
	return s.write(ctx, by, func(u *unit) error {
		_, err := u.record(0, 0, action, detail)
		return err
	})
}
