package chain

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"
)

// Line is one row in an export as JSON lines: the columns that the hash covers,
// and names beside them.
type Line struct {
	Seq         int64           `json:"seq"`
	At          time.Time       `json:"at"`
	Actor       string          `json:"actor"`
	By          string          `json:"by"`
	Name        string          `json:"name,omitempty"` // that the actor has now; no part of the row
	Action      string          `json:"action"`
	ProjectID   int64           `json:"project_id"`
	Project     string          `json:"project,omitempty"`
	SubjectID   int64           `json:"subject_id"`
	SubjectKind string          `json:"subject_kind,omitempty"`
	SubjectKey  string          `json:"subject_key,omitempty"`
	Detail      json.RawMessage `json:"detail"` // byte for byte; as a text where it is no object
	Hash        string          `json:"hash"`
}

// LineOf is a row as a line.
func LineOf(r Row) Line {
	detail := json.RawMessage(r.Detail)
	var compact bytes.Buffer
	if json.Compact(&compact, detail) != nil || compact.String() != r.Detail || r.Detail[0] != '{' || !utf8.Valid(detail) {
		detail, _ = json.Marshal(r.Detail)
	}
	return Line{Seq: r.Seq, At: time.UnixMilli(r.At).UTC(), Actor: r.Actor, By: r.ByName, Action: r.Action,
		ProjectID: r.ProjectID, SubjectID: r.SubjectID, Detail: detail, Hash: r.Hash}
}

// Row is the row that the line tells of.
func (l Line) Row() Row {
	r := Row{Seq: l.Seq, At: l.At.UnixMilli(), Actor: l.Actor, ByName: l.By, Action: l.Action,
		ProjectID: l.ProjectID, SubjectID: l.SubjectID, Detail: string(l.Detail), Hash: l.Hash}
	if len(l.Detail) > 0 && l.Detail[0] == '"' {
		r.Odd = json.Unmarshal(l.Detail, &r.Detail) != nil
	}
	return r
}

// CheckFile walks a whole record exported as JSON lines, oldest first. A file can
// not tell that rows after its last one are missing: note the head elsewhere.
func CheckFile(file io.ReadSeeker, noted ...Head) (found Report, err error) {
	claims, err := fileVouchers(file)
	if err != nil {
		return found, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return found, err
	}
	w := NewWalk(Head{}, claims, noted...)
	if err := eachLine(file, w.Step); err != nil {
		return w.Report, err
	}
	return *w.End(w.Last), nil
}

// fileVouchers reads what rows vouch for others, the newest first.
func fileVouchers(file io.Reader) (Vouchers, error) {
	type after struct {
		row    Row
		before string
	}
	var list []after
	before := ""
	err := eachLine(file, func(r Row) {
		if Vouches(r.Action) {
			list = append(list, after{r, before})
		}
		before = r.Hash
	})
	claims := Vouchers{}
	for _, a := range slices.Backward(list) {
		claims.Add(a.row, a.before)
	}
	return claims, err
}

func eachLine(file io.Reader, do func(Row)) error {
	reader := bufio.NewReaderSize(file, 1<<16)
	for number := 1; ; number++ {
		text, err := reader.ReadBytes('\n')
		if len(bytes.TrimSpace(text)) > 0 {
			var l Line
			if bad := json.Unmarshal(text, &l); bad != nil {
				return fmt.Errorf("line %d is no row of activity: %w", number, bad)
			}
			do(l.Row())
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
