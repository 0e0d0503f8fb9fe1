package views

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"throughline/models"
)

func itoa(n int) string { return strconv.Itoa(n) }

func id64(n int64) string { return strconv.FormatInt(n, 10) }

// stamp is a moment for machines.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// moment is a moment for people, in full.
func moment(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04 UTC") }

// brief is a moment for people, in few letters.
func brief(t time.Time) string { return t.UTC().Format("2 Jan 15:04") }

// took is a length of time in at most two units.
func took(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d.Minutes())) + " min"
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return strconv.Itoa(int(d.Hours()/24)) + " d"
}

// number writes a figure with at most four places that matter.
func number(v any) string {
	f, ok := v.(float64)
	switch {
	case !ok:
		return plain(v)
	case f == math.Trunc(f) && math.Abs(f) < 1e15:
		return group(strconv.FormatFloat(f, 'f', -1, 64))
	case math.Abs(f) >= 1e6 || math.Abs(f) < 1e-4:
		return strconv.FormatFloat(f, 'g', 4, 64)
	}
	return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(f, 'f', 4, 64), "0"), ".")
}

// group sets thin gaps between thousands.
func group(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0 && len(digits) > 4; i -= 3 {
		digits = digits[:i] + "\u202f" + digits[i:]
	}
	return sign + digits
}

// plain is any fact as text.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return number(v)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case []any:
		words := make([]string, len(v))
		for i, w := range v {
			words[i] = plain(w)
		}
		return strings.Join(words, ", ")
	}
	text, _ := json.Marshal(v)
	return string(text)
}

// short cuts a text to n letters, an ellipsis included.
func short(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// digest shortens what only a machine reads to its end: a sha or a digest.
func digest(s string) string {
	algorithm, hash, found := strings.Cut(s, ":")
	if !found {
		algorithm, hash = "", s
	}
	if len(hash) > 10 && hexOnly(hash) {
		hash = hash[:7]
	}
	if algorithm != "" {
		return algorithm + ":" + hash
	}
	return hash
}

func hexOnly(s string) bool {
	return strings.Trim(strings.ToLower(s), "0123456789abcdef") == ""
}

// name is what a subject is called where there is little room.
func name(s models.Subject) string {
	switch s.Ref.Kind {
	case models.Commit:
		if _, sha, ok := models.SplitCommit(s.Ref.Key); ok {
			return digest(sha)
		}
	case models.DatasetVersion:
		if set, d, ok := models.SplitDatasetVersion(s.Ref.Key); ok {
			_, n, _ := models.SplitDataset(set)
			return n + "@" + digest(d)
		}
	case models.ModelVersion:
		if m, v, ok := models.SplitVersion(s.Ref.Key); ok {
			return m + " v" + v
		}
	case models.PullRequest:
		return s.Ref.Key
	}
	if s.Title == "" {
		return s.Ref.Key
	}
	return s.Title
}

// title is the headline of a subject.
func title(s models.Subject) string {
	switch s.Ref.Kind {
	case models.ModelVersion, models.DatasetVersion:
		return name(s)
	}
	if s.Title == "" {
		return name(s)
	}
	return s.Title
}

// external is an upstream address when it is one that a link may open.
func external(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}

// address builds a path with a query; empty values are left out.
func address(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Add(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// count is "1 card", "3 cards".
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return itoa(n) + " " + one + "s"
}

// words are names as a sentence lists them.
func words(list []string) string { return strings.Join(list, ", ") }

func upper(s string) string {
	if s == "" {
		return s
	}
	r, size := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[size:]
}

// SubjectName is what a subject is called where there is little room.
func SubjectName(s models.Subject) string { return name(s) }

// KindPath is the page that lists subjects of a kind.
func KindPath(k models.Kind) string { return listPath(k) }

// KindPlural is the kind as a heading: "Pull requests".
func KindPlural(k models.Kind) string {
	word := upper(k.Word())
	if stem, ok := strings.CutSuffix(word, "y"); ok {
		return stem + "ies"
	}
	if strings.HasSuffix(word, "ch") {
		return word + "es"
	}
	return word + "s"
}
