package store

import (
	"database/sql"
	"fmt"
	"slices"

	"throughline/models"
)

// circle is whom a change of rights is about: some people, and a team with all
// its members.
type circle struct {
	people []int64
	team   models.Team
}

// stake is a place in a project, a person's or a team's.
type stake struct{ project, person, team int64 }

// around runs a change of rights. Whoever loses the last access to a project by
// it is noted as having left, so that what they own there becomes a gap. It
// returns the subjects whose owners the change may have made or unmade: open
// boards show them anew.
func (u *unit) around(c circle, do func() error) (owned []int64, err error) {
	if c.team.ID != 0 {
		members, err := u.membersOf(c.team)
		if err != nil {
			return nil, err
		}
		c.people = append(slices.Clone(c.people), members...)
	}
	before, err := u.stakes(c)
	if err != nil {
		return nil, err
	}
	if owned, err = u.ownedBy(c); err != nil {
		return nil, err
	}
	if err := do(); err != nil {
		return nil, err
	}
	after, err := u.stakes(c)
	if err != nil {
		return nil, err
	}
	for s := range before {
		if !after[s] {
			if err := u.depart(s); err != nil {
				return nil, err
			}
		}
	}
	return owned, nil
}

func (u *unit) depart(s stake) error {
	_, err := u.exec(`INSERT INTO departures (project_id, person_id, team_id, left_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (project_id, person_id, team_id) DO UPDATE SET left_at = excluded.left_at`, s.project, s.person, s.team, u.at())
	if err != nil {
		return fmt.Errorf("note who left: %w", err)
	}
	return nil
}

func (u *unit) membersOf(team models.Team) ([]int64, error) {
	rows, err := u.query(`SELECT person_id FROM team_members WHERE team_id = ?`, team.ID)
	return all(rows, err, func(r *sql.Rows, id *int64) error { return r.Scan(id) })
}

// stakes are the projects that those of a circle have access to now.
func (u *unit) stakes(c circle) (map[stake]bool, error) {
	who := append([]any{}, ints(c.people)...)
	in := `(0` + manyMarks(len(c.people)) + `)`
	rows, err := u.query(`SELECT project_id, person_id, 0 FROM project_access WHERE person_id IN `+in+`
 UNION SELECT pr.id, p.id, 0 FROM people p CROSS JOIN projects pr WHERE p.hub_role <> '' AND p.id IN `+in+`
 UNION SELECT project_id, 0, team_id FROM team_roles WHERE team_id = ?`, append(append(slices.Clone(who), who...), c.team.ID)...)
	list, err := all(rows, err, func(r *sql.Rows, s *stake) error { return r.Scan(&s.project, &s.person, &s.team) })
	out := make(map[stake]bool, len(list))
	for _, s := range list {
		out[s] = true
	}
	return out, err
}

// manyMarks is ", ?, ?" for n values after a first one.
func manyMarks(n int) string {
	if n == 0 {
		return ""
	}
	return ", " + marks(n)
}

// ownedKept is how many subjects an activity names as possibly concerned; boards
// that miss one show it anew with its next change.
const ownedKept = 500

// ownedBy are the subjects that those of a circle, or their teams, own.
func (u *unit) ownedBy(c circle) ([]int64, error) {
	who := ints(c.people)
	in := `(0` + manyMarks(len(c.people)) + `)`
	rows, err := u.query(`SELECT DISTINCT o.subject_id FROM owners o WHERE o.until_at = 0 AND (
 LOWER(o.person) IN (SELECT email FROM people WHERE id IN `+in+`)
 OR o.person IN (SELECT 'team:' || t.key FROM teams t JOIN team_members m ON m.team_id = t.id WHERE m.person_id IN `+in+`)
 OR o.person = ?) ORDER BY o.subject_id`, append(append(slices.Clone(who), who...), c.team.Owner())...)
	list, err := all(rows, err, func(r *sql.Rows, id *int64) error { return r.Scan(id) })
	return list[:min(len(list), ownedKept)], err
}

func (u *unit) ownedByTeam(team models.Team) ([]int64, error) {
	rows, err := u.query(`SELECT DISTINCT subject_id FROM owners WHERE until_at = 0 AND person = ? ORDER BY subject_id`, team.Owner())
	list, err := all(rows, err, func(r *sql.Rows, id *int64) error { return r.Scan(id) })
	return list[:min(len(list), ownedKept)], err
}

// withOwned adds the subjects to an activity's detail under the name that live
// boards look for.
func withOwned(detail map[string]any, owned []int64) map[string]any {
	if len(owned) > 0 {
		detail["owned"] = owned
	}
	return detail
}
