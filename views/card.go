package views

import (
	"net/url"
	"strconv"
	"strings"

	"throughline/models"
)

func position(p float64) string { return strconv.FormatFloat(p, 'f', -1, 64) }

func movePath(c models.Card) string {
	return "/projects/" + url.PathEscape(c.Project) + "/cards/" + id64(c.ID) + "/move?version=" + id64(c.Version)
}

// cardWhere tells the family of a card's subject: repository and number,
// experiment, pipeline and branch.
func cardWhere(s models.Subject) string {
	switch s.Ref.Kind {
	case models.PullRequest:
		return short(shortRepo(s.Ref.Key), 32)
	case models.Run:
		return short(or(s.Text("experiment"), "run"), 32)
	case models.PipelineRun:
		return short(or(s.Text("branch"), "pipeline run"), 32)
	case models.Task:
		return short(s.Ref.Key, 32)
	case models.ModelVersion:
		if names := Words(s, "aliases"); len(names) > 0 {
			return short(names[0], 32)
		}
	}
	return s.Ref.Kind.Word()
}

// shortRepo leaves the owner of a repository out: "o/n#12" is "n#12".
func shortRepo(key string) string {
	if i := strings.LastIndexByte(key, '/'); i >= 0 {
		return key[i+1:]
	}
	return key
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// cardWho is who a card is about: the owner, else the author.
func cardWho(c models.Card) string {
	if len(c.Owners) > 0 {
		return short(c.Owners[0], 28)
	}
	for _, fact := range []string{"author", "user", "actor", "by"} {
		if who := c.Subject.Text(fact); who != "" {
			return short(who, 28)
		}
	}
	return "no owner"
}

func bitClass(b bit) string {
	out := "bit"
	if b.Tone != "" {
		out += " t-" + string(b.Tone)
	}
	if b.Mono {
		out += " fig"
	}
	return out
}

// tie is one link on a card.
type tie struct{ Text, Path, Icon, Title string }

// ties are the first links of a card, each towards the other end.
func ties(c models.Card) (out []tie) {
	for _, l := range c.Links {
		to, word := l.To, l.Relation.Word()+" "
		if to.ID == c.Subject.ID {
			to, word = l.From, l.From.Ref.Kind.Word()+" "+l.Relation.Word()+" this: "
		}
		if out = append(out, tie{short(tieWords(c, to), 26), to.Ref.Path(), kindIcon(to.Ref.Kind), short(word+title(to), 60)}); len(out) == 3 {
			break
		}
	}
	return out
}

// tieWords name the other end; a pull request that names a plain card says how
// far it is.
func tieWords(c models.Card, to models.Subject) string {
	_, number, numbered := strings.Cut(to.Ref.Key, "#")
	if c.Subject.Ref.Kind == models.Task && to.Ref.Kind == models.PullRequest && numbered {
		return "PR #" + number + " " + to.State.Word()
	}
	return name(to)
}

// placedWords says which event or person put a card where it stands.
func placedWords(p models.Placement) string {
	var out []string
	switch {
	case p.Person != "" && p.Override:
		out = append(out, "moved by "+short(p.Person, 24)+", overrides the rule")
	case p.Person != "":
		out = append(out, "moved by "+short(p.Person, 28))
	case strings.HasPrefix(p.Rule, "closed by "):
		out = append(out, short(p.Rule, 48))
	case p.Event != "":
		out = append(out, short(p.Event, 48))
	default:
		out = append(out, or(p.Rule, "placed"))
	}
	if p.Source != "" && p.Person == "" {
		out = append(out, short(p.Source, 28))
	}
	return strings.Join(out, " · ")
}

// placedTitle adds the rule, and the person whose move it ended.
func placedTitle(p models.Placement) string {
	out := "Placed here: " + placedWords(p)
	if p.Rule != "" {
		out += "; rule: " + p.Rule
	}
	if p.Ended != "" {
		out += "; ended the move of " + short(p.Ended, 28)
	}
	return out
}
