package store

import (
	"database/sql"
	"errors"
	"strings"
	"time"

	"throughline/models"
)

// ownerSelect reads owners with who stands behind each: an account under that
// address, or the team of that key; whether it is still there; and whether it
// left the subject's projects. Whoever has access to one of them again has not.
const ownerSelect = `SELECT o.id, o.subject_id, o.person, o.answers_as, o.evidence, o.by_name, o.since_at,
 COALESCE(p.id, 0), COALESCE(p.name, ''), COALESCE(p.disabled_at, 0), COALESCE(t.key, ''), COALESCE(t.name, ''),
 (SELECT COUNT(*) FROM team_members m JOIN people mp ON mp.id = m.person_id WHERE m.team_id = t.id AND mp.disabled_at = 0),
 COALESCE((SELECT MAX(d.left_at) FROM departures d JOIN project_subjects ps ON ps.project_id = d.project_id
   WHERE ps.subject_id = o.subject_id AND (d.person_id = p.id OR d.team_id = t.id)), 0),
 CASE WHEN p.hub_role <> ''
   OR EXISTS (SELECT 1 FROM project_access a JOIN project_subjects ps ON ps.project_id = a.project_id WHERE a.person_id = p.id AND ps.subject_id = o.subject_id)
   OR EXISTS (SELECT 1 FROM team_roles r JOIN project_subjects ps ON ps.project_id = r.project_id WHERE r.team_id = t.id AND ps.subject_id = o.subject_id)
   THEN 1 ELSE 0 END
 FROM owners o LEFT JOIN people p ON p.email = LOWER(o.person)
 LEFT JOIN teams t ON t.key = SUBSTR(o.person, 6) AND SUBSTR(o.person, 1, 5) = 'team:'
 WHERE o.until_at = 0 AND `

// standing is what ownerSelect found out about who is behind an owner.
type standing struct {
	closed, left time.Time // the account was closed; the last access was taken
	active       int       // members of the team
	inside       bool      // has access now
}

func scanOwner(r *sql.Rows, o *ownerOf) error {
	var st standing
	var person, team string
	err := r.Scan(&o.ID, &o.subject, &o.Person, &o.As, &o.Evidence, &o.By, scanTime{&o.Since},
		&o.Account, &person, scanTime{&st.closed}, &o.Team, &team, &st.active, scanTime{&st.left}, scanFlag{&st.inside})
	o.Name = person + team // never both
	o.Gone, o.GoneAt = st.gone(o.Owner)
	return err
}

// gone says why nobody is behind an owner, empty when somebody is. An address or
// login without an account counts: not everybody who answers signs in here.
func (st standing) gone(o models.Owner) (why string, at time.Time) {
	switch {
	case !st.closed.IsZero():
		return "left on " + dayOf(st.closed), st.closed
	case o.Team == "" && strings.HasPrefix(o.Person, models.TeamOwner):
		return "is no team here", time.Time{}
	case o.Team != "" && st.active == 0:
		return "has no members", time.Time{}
	case !st.left.IsZero() && !st.inside:
		return "left on " + dayOf(st.left), st.left
	}
	return "", time.Time{}
}

func dayOf(t time.Time) string { return t.Format("2 Jan 2006") }

// ownerText is an owner as it is kept: a team's key in lower case.
func ownerText(raw string) string {
	text := strings.TrimSpace(clean(raw))
	if n := len(models.TeamOwner); len(text) > n && strings.EqualFold(text[:n], models.TeamOwner) {
		return models.TeamOwner + strings.ToLower(strings.TrimSpace(text[n:]))
	}
	return text
}

// ownersShown are the names of those who still answer, as cards have them.
func ownersShown(owners []models.Owner) (out []string) {
	for _, o := range owners {
		switch {
		case !o.Counts():
		case o.Team != "":
			out = append(out, o.Name)
		default:
			out = append(out, o.Person)
		}
	}
	return out
}

// named are claims as the record has them: people with an account by their id,
// so that they can be forgotten. A team that is not there is refused.
func (u *unit) named(owners []models.OwnerClaim) ([]map[string]any, error) {
	out := make([]map[string]any, 0, len(owners))
	for _, o := range owners {
		one, err := u.nameOne(ownerText(o.Person))
		if err != nil {
			return nil, err
		}
		if o.As != "" {
			one["as"] = o.As
		}
		out = append(out, one)
	}
	return out, nil
}

func (u *unit) nameOne(text string) (map[string]any, error) {
	if key, ok := strings.CutPrefix(text, models.TeamOwner); ok {
		_, err := u.team(key)
		if models.CodeOf(err) == models.NotFound {
			return nil, models.FieldErrorf(models.Unprocessed, "owners", "There is no team %q. The teams are listed under /teams.", shorten(key))
		}
		return map[string]any{"team": key}, err
	}
	var id int64
	err := u.row(`SELECT id FROM people WHERE email = ?`, []any{strings.ToLower(text)}, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return map[string]any{"name": cut(text, 200)}, nil
	}
	return map[string]any{"person": id}, err
}
