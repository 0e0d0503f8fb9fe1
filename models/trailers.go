package models

import (
	"regexp"
	"slices"
	"strings"
)

// Trailer is one line of the last paragraph of a commit's message:
// "Reviewed-by: Lee <lee@example.com>".
type Trailer struct{ Key, Value string }

// Trailers are those of one message, in their order.
type Trailers []Trailer

var trailerLine = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9-]{0,60})[ \t]*:[ \t]*(.*)$`)

// TrailersOf reads a message as git itself does: only the last paragraph counts,
// never the title, and only when all its lines are trailers, or git's own are
// among them and a quarter of its lines are trailers. Lines that begin with a
// space go on with the line before.
func TrailersOf(message string) (out Trailers) {
	last := lastParagraph(message)
	strange := 0
	for _, line := range last {
		m := trailerLine.FindStringSubmatch(line)
		switch {
		case line[0] == ' ' || line[0] == '\t':
			if len(out) == 0 {
				strange++
				continue
			}
			out[len(out)-1].Value = strings.TrimSpace(out[len(out)-1].Value + " " + strings.TrimSpace(line))
		case m != nil:
			out = append(out, Trailer{m[1], strings.TrimSpace(m[2])})
		case !strings.HasPrefix(line, "(cherry picked from commit "):
			strange++
		}
	}
	if strange > 0 && (!out.gits() || strange > 3*len(out)) {
		return nil
	}
	return out
}

// lastParagraph are the lines after the last empty one, none when that leaves the
// title. What git cuts off, comments and a pasted diff, does not count.
func lastParagraph(message string) []string {
	text := strings.ReplaceAll(message, "\r\n", "\n")
	if i := strings.Index("\n"+text, "\n---\n"); i >= 0 {
		text = text[:i]
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "#") })
	for i := len(lines) - 1; i > 0; i-- {
		if strings.TrimSpace(lines[i]) == "" {
			return lines[i+1:]
		}
	}
	return nil
}

// gits tells whether git itself writes one of the trailers.
func (t Trailers) gits() bool {
	return slices.ContainsFunc(t, func(one Trailer) bool { return strings.EqualFold(one.Key, "Signed-off-by") })
}

// Values are those of one key, whatever its case, each once, in their order.
func (t Trailers) Values(key string) (out []string) {
	for _, one := range t {
		if strings.EqualFold(one.Key, key) && one.Value != "" && !slices.Contains(out, one.Value) {
			out = append(out, one.Value)
		}
	}
	return out
}

// People are the names in the trailers of one key, without their addresses.
func (t Trailers) People(key string) (out []string) {
	for _, value := range t.Values(key) {
		name, address := SplitPerson(value)
		if name == "" {
			name, _, _ = strings.Cut(address, "@")
		}
		if name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// Reviewers are the people who reviewed a commit by its trailers: not its author,
// by name or by address.
func (t Trailers) Reviewers(author, email string) (out []string) {
	var others Trailers
	for _, value := range t.Values("Reviewed-by") {
		name, address := SplitPerson(value)
		if own := same(name, author) || same(address, email); !own {
			others = append(others, Trailer{"Reviewed-by", value})
		}
	}
	return others.People("Reviewed-by")
}

func same(a, b string) bool { return a != "" && strings.EqualFold(a, b) }

// SplitPerson cuts "Lee Park <lee@example.com>" into name and address.
func SplitPerson(text string) (name, address string) {
	name, rest, found := strings.Cut(text, "<")
	if !found && strings.Contains(text, "@") && !strings.Contains(text, " ") {
		return "", text
	}
	address, _, _ = strings.Cut(rest, ">")
	return strings.TrimSpace(name), strings.TrimSpace(address)
}

// most is how many links one message may make.
const most = 20

// Facts are what the trailers say of their commit: who else wrote it, signed it
// off and reviewed it, without addresses.
func (t Trailers) Facts(author, email string) map[string]any {
	out := map[string]any{}
	for name, people := range map[string][]string{"co_authored_by": t.People("Co-authored-by"),
		"signed_off_by": t.People("Signed-off-by"), "reviewed_by": t.Reviewers(author, email)} {
		if len(people) > 0 {
			out[name] = people[:min(len(people), most)]
		}
	}
	return out
}

var versionWord = regexp.MustCompile(`^v?[0-9]+(\.[0-9]+)*$`)

// Links lead from a commit to the models and runs that its trailers name:
// "Model: churn/3", "Model: churn", "Run: ID".
func (t Trailers) Links() (out []LinkTo) {
	for _, value := range t.Values("Model") {
		to := Ref{Kind: Model, Key: value}
		if _, version, ok := SplitVersion(value); ok && versionWord.MatchString(version) {
			to.Kind = ModelVersion
		}
		out = append(out, LinkTo{Relation: Mentions, To: to})
	}
	for _, id := range t.Values("Run") {
		out = append(out, LinkTo{Relation: Mentions, To: Ref{Kind: Run, Key: id}})
	}
	out = slices.DeleteFunc(out, func(l LinkTo) bool { return len(l.To.Key) > 500 || strings.ContainsAny(l.To.Key, " \t\n\x00") })
	return out[:min(len(out), most)]
}
