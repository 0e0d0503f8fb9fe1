package store

import (
	"context"
	"database/sql"
	"fmt"

	"throughline/models"
)

// TeamMembers lists who is in a team, leads first.
func (s *Store) TeamMembers(ctx context.Context, team models.Team) ([]models.TeamMember, error) {
	rows, err := s.query(ctx, `SELECT p.id, p.email, p.name, p.hub_role, p.disabled_at, p.created_at, m.craft, m.lead, m.created_at
		FROM team_members m JOIN people p ON p.id = m.person_id WHERE m.team_id = ? ORDER BY m.lead DESC, p.email`, team.ID)
	return all(rows, err, func(r *sql.Rows, m *models.TeamMember) error {
		a := &m.Account
		return r.Scan(&a.ID, &a.Email, &a.Name, &a.Hub, scanFlag{&a.Disabled}, scanTime{&a.CreatedAt}, &m.Function, scanFlag{&m.Lead}, scanTime{&m.Since})
	})
}

// MayLead answers nil when the principal may change a team's members: a lead of
// it, or an administrator of the hub.
func (s *Store) MayLead(ctx context.Context, by models.Principal, team models.Team) error {
	if by.Hub.AtLeast(models.Administrator) {
		return nil
	}
	var leads int
	err := s.row(ctx, leadsOf, []any{team.ID, by.PersonID}, &leads)
	return ledBy(leads, err)
}

// mayLead is MayLead inside a write: who was a lead when the request began may
// be none by now.
func (u *unit) mayLead(team models.Team) error {
	if u.by.Hub.AtLeast(models.Administrator) || u.by.Anonymous() {
		return nil // nobody: the program itself, on the command line
	}
	var leads int
	err := u.row(leadsOf, []any{team.ID, u.by.PersonID}, &leads)
	return ledBy(leads, err)
}

const leadsOf = `SELECT COUNT(*) FROM team_members WHERE team_id = ? AND person_id = ? AND lead = 1`

func ledBy(leads int, err error) error {
	if err != nil {
		return fmt.Errorf("look up the lead: %w", err)
	}
	if leads == 0 {
		return models.Errorf(models.Forbidden, "Only a lead of the team or an administrator of the hub does this.")
	}
	return nil
}

// SetTeamMember brings a person into a team, or changes what they are there.
func (s *Store) SetTeamMember(ctx context.Context, by models.Principal, team models.Team, person int64, function models.Function, lead bool) error {
	if err := checkFunction(function); err != nil {
		return err
	}
	return s.write(ctx, by, func(u *unit) error {
		if err := u.mayLead(team); err != nil {
			return err
		}
		if err := u.knownPerson(person); err != nil {
			return err
		}
		owned, err := u.around(circle{people: []int64{person}, team: team}, func() error {
			return u.joinTeam(team, person, function, lead)
		})
		if err != nil {
			return err
		}
		detail := map[string]any{"team": team.Key, "person": person, "function": function, "lead": lead}
		_, err = u.record(0, 0, "team.member_set", withOwned(detail, owned))
		return err
	})
}

func (u *unit) joinTeam(team models.Team, person int64, function models.Function, lead bool) error {
	_, err := u.exec(`INSERT INTO team_members (team_id, person_id, craft, lead, created_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (team_id, person_id) DO UPDATE SET craft = excluded.craft, lead = excluded.lead`,
		team.ID, person, string(function), flag(lead), u.at())
	if err != nil {
		return fmt.Errorf("set the team's member: %w", err)
	}
	return nil
}

// RemoveTeamMember takes a person out of a team, with the roles it gave them.
func (s *Store) RemoveTeamMember(ctx context.Context, by models.Principal, team models.Team, person int64) error {
	return s.write(ctx, by, func(u *unit) error {
		if err := u.mayLead(team); err != nil {
			return err
		}
		owned, err := u.around(circle{people: []int64{person}, team: team}, func() error {
			return u.must(`DELETE FROM team_members WHERE team_id = ? AND person_id = ?`, team.ID, person)
		})
		if err != nil {
			return err
		}
		_, err = u.record(0, 0, "team.member_removed", withOwned(map[string]any{"team": team.Key, "person": person}, owned))
		return err
	})
}

func checkFunction(f models.Function) error {
	if !f.Known() {
		return models.FieldErrorf(models.Unprocessed, "function", "There is no function %q.", f)
	}
	return nil
}

// knownPerson refuses a person who has no account.
func (u *unit) knownPerson(person int64) error {
	var found int
	if err := u.row(`SELECT COUNT(*) FROM people WHERE id = ?`, []any{person}, &found); err != nil {
		return fmt.Errorf("look up the person: %w", err)
	}
	if found == 0 {
		return models.Errorf(models.NotFound, "There is no such person.")
	}
	return nil
}
