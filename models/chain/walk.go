package chain

import "time"

// Problem says in a word what is wrong with a row.
type Problem string

// The problems.
const (
	Edited     Problem = "edited"
	Missing    Problem = "missing"
	OutOfOrder Problem = "out of order"
	CutOff     Problem = "cut off"   // the last rows are missing
	Added      Problem = "added"     // by somebody else than Throughline
	Rewritten  Problem = "rewritten" // with hashes that fit, but not those noted
	Headless   Problem = "headless"  // nothing says where the chain ends
)

// Break is the first row that is not what was written.
type Break struct {
	Row     Row // of a missing one only Seq
	Problem Problem
	Text    string // a sentence for a person
}

// Report is what a walk found.
type Report struct {
	Rows     int64  // that hold, one after the other
	Redacted int64  // of them, those that a later row vouches for
	Last     Head   // the last row that holds
	Break    *Break // nil: the chain holds
}

// Walk checks rows in the order of their numbers. Make it with NewWalk.
type Walk struct {
	Report
	claims Vouchers
	noted  map[int64]string // hashes noted elsewhere
}

// NewWalk begins after a row that is known to hold; with the zero Head at the
// first. noted are heads that must be met on the way.
func NewWalk(after Head, claims Vouchers, noted ...Head) *Walk {
	w := &Walk{Report: Report{Last: after}, claims: claims, noted: map[int64]string{}}
	for _, h := range noted {
		w.noted[h.Seq] = h.Hash
	}
	return w
}

// Step takes the next row. After a break it only looks for what was written in
// the place of the broken row.
func (w *Walk) Step(r Row) {
	if w.Break != nil {
		w.seek(r)
		return
	}
	if w.Break = w.check(r); w.Break == nil {
		w.Last = Head{r.Seq, r.Hash}
		w.Rows++
	}
}

func (w *Walk) check(r Row) *Break {
	want := w.Last.Seq + 1
	switch {
	case r.Seq > want:
		return broken(Row{Seq: want}, Missing, "Row %d is missing: row %d follows row %d.", want, r.Seq, w.Last.Seq)
	case r.Seq < want:
		return broken(r, Added, "Row %d was added: the first row is %d.", r.Seq, want)
	case r.Odd:
		return edited(r, "a column holds what Throughline never writes")
	}
	if b := w.content(r); b != nil {
		return b
	}
	if hash, noted := w.noted[r.Seq]; noted && hash != r.Hash {
		return broken(r, Rewritten, "Row %d%s is not the one whose hash was noted: it was written anew.", r.Seq, told(r))
	}
	return nil
}

// content checks a row against its own hash or, when it was redacted, against the
// newest row that vouches for it. Where that one is itself broken nothing can be
// said, and the walk is going to end there.
func (w *Walk) content(r Row) *Break {
	c, vouched := w.claims[r.Seq]
	switch {
	case vouched && !c.sound:
	case vouched && c.seal != r.Seal():
		return edited(r, "it was redacted, and a later row vouches for other words than it has now")
	case vouched:
		w.Redacted++
	case r.Hash != r.Sum(w.Last.Hash):
		return edited(r, "its hash does not fit what it says")
	}
	return nil
}

// seek recognises a row that was moved: put back in the broken row's place, it fits.
func (w *Walk) seek(r Row) {
	if b := w.Break; b.Problem == Edited && r.Seq != b.Row.Seq {
		home := r
		home.Seq = b.Row.Seq
		if r.Hash == home.Sum(w.Last.Hash) {
			w.Break = broken(b.Row, OutOfOrder, "Row %d%s is out of order: what was written as row %d now stands as row %d.", b.Row.Seq, told(b.Row), b.Row.Seq, r.Seq)
		}
	}
}

// End compares where the walk came to with where the chain ends, and with the
// noted heads that lie beyond.
func (w *Walk) End(head Head) *Report {
	if w.Break == nil {
		w.Break = w.tail(head)
	}
	for seq := range w.noted {
		if w.Break == nil && seq > w.Last.Seq {
			w.Break = w.tail(Head{seq, w.noted[seq]})
		}
	}
	return &w.Report
}

func (w *Walk) tail(head Head) *Break {
	switch next := w.Last.Seq + 1; {
	case head.Seq > w.Last.Seq:
		return broken(Row{Seq: next}, CutOff, "Row %d is missing: the tail is cut off, rows %d to %d were there.", next, next, head.Seq)
	case head.Seq < w.Last.Seq:
		return broken(Row{Seq: head.Seq + 1}, Added, "Row %d was added by somebody else than Throughline, whose last row is %d.", head.Seq+1, head.Seq)
	case head.Hash != w.Last.Hash:
		return broken(Row{Seq: head.Seq}, Rewritten, "Row %d, the last one, is not the one that Throughline wrote.", head.Seq)
	}
	return nil
}

// told is when a row says it happened, and what.
func told(r Row) string {
	return " (" + time.UnixMilli(r.At).UTC().Format("2006-01-02 15:04:05") + " UTC, " + r.Action + " by " + r.Actor + ")"
}
