package main

import (
	"encoding/json"
	"fmt"
	"os"

	"throughline/models/chain"
	"throughline/models/store"
)

type auditCommand struct {
	Verify auditVerify `cmd:"" help:"Check that nobody changed the record of activity: exit 0 when its chain holds, 1 with the first broken row. It only reads, also beside a running server."`
	Export auditExport `cmd:"" help:"Write the record of activity, oldest first, as JSON lines or CSV."`
}

type auditVerify struct {
	database
	File string   `placeholder:"FILE" help:"Check an exported whole record (JSON lines) instead of a database."`
	Head []string `placeholder:"SEQ:HASH" help:"A head printed earlier, which must still be part of the chain; repeatable."`
	JSON bool     `name:"json" help:"Print the result as JSON."`
}

// errBroken ends the command with exit 1; what is broken has been printed.
type errBroken struct{ *chain.Break }

// Error names the row once more, for the log of whatever ran the command.
func (e errBroken) Error() string {
	return fmt.Sprintf("the chain of activity is broken at row %d (%s)", e.Row.Seq, e.Problem)
}

// Run checks the chain.
func (c auditVerify) Run(a *app) error {
	var noted []chain.Head
	for _, text := range c.Head {
		head, err := chain.ParseHead(text)
		if err != nil {
			return refusal{fmt.Errorf("--head: %w", err)}
		}
		noted = append(noted, head)
	}
	found, err := c.check(a, noted)
	if err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(a.stdout).Encode(resultOf(found))
	} else {
		_, err = fmt.Fprintln(a.stdout, inWords(found))
	}
	if err == nil && found.Break != nil {
		return errBroken{found.Break}
	}
	return err
}

func (c auditVerify) check(a *app, noted []chain.Head) (found chain.Report, err error) {
	if c.File == "" {
		var w wrong
		if c.database.check(&w); w != nil {
			return found, w.err()
		}
		return store.CheckDatabase(a.ctx, c.options(nil), noted...)
	}
	file, err := os.Open(c.File)
	if err != nil {
		return found, err
	}
	defer file.Close()
	return chain.CheckFile(file, noted...)
}

// inWords is the result on lines for a person.
func inWords(found chain.Report) string {
	if found.Break != nil {
		return fmt.Sprintf("BROKEN: %s\n%d rows before it hold.", printable(found.Break.Text), found.Rows)
	}
	text := fmt.Sprintf("%d rows, the chain holds. Head: %s", found.Rows, printable(found.Last.String()))
	if found.Redacted > 0 {
		text += fmt.Sprintf("\n%d of them were redacted since; later rows vouch for what is left of them.", found.Redacted)
	}
	return text
}

// verified is the result for programs.
type verified struct {
	Holds    bool         `json:"holds"`
	Rows     int64        `json:"rows"`
	Redacted int64        `json:"redacted"`
	Head     string       `json:"head"`
	Broken   *verifiedRow `json:"broken,omitempty"`
}

type verifiedRow struct {
	Seq     int64         `json:"seq"`
	Problem chain.Problem `json:"problem"`
	At      int64         `json:"at,omitempty"`
	Action  string        `json:"action,omitempty"`
	Actor   string        `json:"actor,omitempty"`
	Message string        `json:"message"`
}

func resultOf(found chain.Report) verified {
	v := verified{Holds: found.Break == nil, Rows: found.Rows, Redacted: found.Redacted, Head: found.Last.String()}
	if b := found.Break; b != nil {
		v.Broken = &verifiedRow{b.Row.Seq, b.Problem, b.Row.At, b.Row.Action, b.Row.Actor, b.Text}
	}
	return v
}
