package models

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Classification says how closely a dataset's data has to be held.
type Classification string

// The classifications, from open to closed.
const (
	Unclassified    Classification = ""
	PublicData      Classification = "public"
	InternalData    Classification = "internal"
	Confidential    Classification = "confidential"
	PersonalData    Classification = "personal"
	SpecialCategory Classification = "special_category"
)

// Classifications lists them from open to closed.
var Classifications = []Classification{PublicData, InternalData, Confidential, PersonalData, SpecialCategory}

// Word is the classification as pages write it.
func (c Classification) Word() string {
	switch c {
	case Unclassified:
		return "not classified"
	case PersonalData, SpecialCategory:
		return strings.ReplaceAll(string(c), "_", " ") + " data"
	}
	return string(c)
}

// Personal tells whether the data is about people (GDPR Art. 4 and 9).
func (c Classification) Personal() bool { return c == PersonalData || c == SpecialCategory }

// LegalBasis is why personal data may be processed, GDPR Art. 6(1)(a) to (f).
type LegalBasis string

// LegalBases lists them in the order of the article. Empty means none is given.
var LegalBases = []LegalBasis{"consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests"}

// Word is the basis as pages write it.
func (b LegalBasis) Word() string { return strings.ReplaceAll(string(b), "_", " ") }

// Governance is what people say of a dataset's data, and for which time.
type Governance struct {
	Classification Classification
	LegalBasis     LegalBasis
	Purpose        string
	Retention      Retention
	Steward        string // e-mail, login or team
	Evidence       Evidence
	By             string // who said so
	ReviewedBy     string
	ReviewedAt     time.Time // zero: never
	Since, Until   time.Time // zero Since: nobody said anything yet; zero Until: still so
}

// Given tells whether anybody said anything of the data.
func (g Governance) Given() bool { return !g.Since.IsZero() }

// DataWarning is something wrong with how data is held, and who can mend it.
type DataWarning struct {
	Problem string // legal_basis, retention, retention_ended
	Dataset Ref
	Message string
	Who     string
}

// keepers are those who can mend what is said of a dataset.
const keepers = "the dataset's owner or steward, or a contributor of the project"

// Warnings are what is missing for personal data.
func (g Governance) Warnings(dataset Ref) (out []DataWarning) {
	if !g.Classification.Personal() {
		return nil
	}
	data := strings.ToUpper(g.Classification.Word()[:1]) + g.Classification.Word()[1:]
	if g.LegalBasis == "" {
		out = append(out, DataWarning{Problem: "legal_basis", Dataset: dataset, Message: data + " without a legal basis.", Who: keepers})
	}
	if g.Retention == "" {
		out = append(out, DataWarning{Problem: "retention", Dataset: dataset, Message: data + " without a period of retention.", Who: keepers})
	}
	return out
}

// Ended is the warning that a dataset version is kept too long; ok is false when
// it is not, or when nobody knows.
func (g Governance) Ended(version Ref, taken, now time.Time) (w DataWarning, ok bool) {
	end := g.Retention.End(taken)
	if end.IsZero() || now.Before(end) {
		return w, false
	}
	dataset, digest, _ := SplitDatasetVersion(version.Key)
	return DataWarning{Problem: "retention_ended", Dataset: Ref{Kind: Dataset, Key: dataset}, Who: keepers,
		Message: fmt.Sprintf("The retention of version %s ended on %s.", ShortDigest(digest), end.Format("2 January 2006"))}, true
}

// AllEnded are the warnings of several versions of one dataset as one.
func AllEnded(list []DataWarning) []DataWarning {
	if len(list) < 2 {
		return list
	}
	one := list[0]
	one.Message = fmt.Sprintf("The retention of %d versions has ended.", len(list))
	return []DataWarning{one}
}

// ShortDigest is the beginning of a digest, enough to tell versions apart.
func ShortDigest(digest string) string {
	name, hash, ok := strings.Cut(digest, ":")
	if !ok {
		name, hash = "", digest
	} else {
		name += ":"
	}
	return name + hash[:min(len(hash), 8)]
}

// Retention is a period in ISO 8601: P90D, P6W, P18M, P2Y. Empty is none given.
type Retention string

// periodUnits are the units that a period may have, and their words.
var periodUnits = map[byte]string{'D': "day", 'W': "week", 'M': "month", 'Y': "year"}

// ParseRetention reads a period of one unit, up to 100 years.
func ParseRetention(text string) (Retention, error) {
	r := Retention(strings.ToUpper(strings.TrimSpace(text)))
	n, unit := r.parts()
	if r != "" && (n < 1 || n > map[byte]int{'D': 36500, 'W': 5200, 'M': 1200, 'Y': 100}[unit]) {
		return "", FieldErrorf(Unprocessed, "retention", "A period is a number of days, weeks, months or years, such as P90D or P2Y, not %q.", text)
	}
	return r, nil
}

// parts are the number and the unit, zero when the period is none.
func (r Retention) parts() (n int, unit byte) {
	if len(r) < 3 || r[0] != 'P' || periodUnits[r[len(r)-1]] == "" {
		return 0, 0
	}
	n, err := strconv.Atoi(string(r[1 : len(r)-1]))
	if err != nil || r[1] == '+' || r[1] == '-' {
		return 0, 0
	}
	return n, r[len(r)-1]
}

// End is when data taken at a time has been kept for the whole period; zero when
// either is unknown.
func (r Retention) End(taken time.Time) time.Time {
	n, unit := r.parts()
	if taken.IsZero() || n == 0 {
		return time.Time{}
	}
	switch unit {
	case 'D':
		return taken.AddDate(0, 0, n)
	case 'W':
		return taken.AddDate(0, 0, 7*n)
	case 'M':
		return taken.AddDate(0, n, 0)
	}
	return taken.AddDate(n, 0, 0)
}

// Word is the period as pages write it: "2 years".
func (r Retention) Word() string {
	n, unit := r.parts()
	switch n {
	case 0:
		return string(r)
	case 1:
		return "1 " + periodUnits[unit]
	}
	return strconv.Itoa(n) + " " + periodUnits[unit] + "s"
}

// Number and Unit are the period for a form: "2" and "Y".
func (r Retention) Number() string {
	if n, _ := r.parts(); n != 0 {
		return strconv.Itoa(n)
	}
	return ""
}

// Unit is the letter of the period's unit, Y when there is none.
func (r Retention) Unit() string {
	if _, unit := r.parts(); unit != 0 {
		return string(rune(unit))
	}
	return "Y"
}
