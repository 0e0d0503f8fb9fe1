package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"throughline/models"
)

const teamSelect = `SELECT t.id, t.key, t.name, t.created_at,
 (SELECT COUNT(*) FROM team_members m JOIN people p ON p.id = m.person_id WHERE m.team_id = t.id AND p.disabled_at = 0)
 FROM teams t`

func scanTeam(r *sql.Rows, t *models.Team) error {
	return r.Scan(&t.ID, &t.Key, &t.Name, scanTime{&t.CreatedAt}, &t.Members)
}

// Teams lists the hub's teams by key.
func (s *Store) Teams(ctx context.Context) ([]models.Team, error) {
	rows, err := s.query(ctx, teamSelect+` ORDER BY t.key`)
	return all(rows, err, scanTeam)
}

// Team is one team by its key.
func (s *Store) Team(ctx context.Context, key string) (models.Team, error) {
	rows, err := s.query(ctx, teamSelect+` WHERE t.key = ?`, key)
	return oneTeam(key, rows, err)
}

func (u *unit) team(key string) (models.Team, error) {
	rows, err := u.query(teamSelect+` WHERE t.key = ?`, key)
	return oneTeam(key, rows, err)
}

func oneTeam(key string, rows *sql.Rows, err error) (models.Team, error) {
	list, err := all(rows, err, scanTeam)
	if err != nil {
		return models.Team{}, err
	}
	if len(list) == 0 {
		return models.Team{}, models.Errorf(models.NotFound, "There is no team %s.", shorten(key))
	}
	return list[0], nil
}

// CreateTeam makes a team without members. Conflict when the key is taken.
func (s *Store) CreateTeam(ctx context.Context, by models.Principal, key, name string) (t models.Team, err error) {
	t = models.Team{Key: models.CleanTeamKey(key), Name: strings.TrimSpace(clean(name))}
	if t.Key == "" {
		return t, models.FieldErrorf(models.Unprocessed, "key", "A team's key is 2 to 40 small letters, digits and hyphens, a letter first, such as fraud-data.")
	}
	if err := checkTeamName(t.Name); err != nil {
		return t, err
	}
	err = s.write(ctx, by, func(u *unit) error {
		t.ID, err = u.insert(`INSERT INTO teams (key, name, created_at) VALUES (?, ?, ?)`, t.Key, t.Name, u.at())
		if unique(err) {
			return models.FieldErrorf(models.Conflict, "key", "There is a team %s already.", t.Key)
		}
		if err != nil {
			return fmt.Errorf("create the team: %w", err)
		}
		t.CreatedAt = u.now
		_, err := u.record(0, 0, "team.created", map[string]any{"team": t.Key, "name": t.Name})
		return err
	})
	return t, err
}

func checkTeamName(name string) error {
	if name == "" || len(name) > 100 {
		return models.FieldErrorf(models.Unprocessed, "name", "A team has a name of at most 100 characters.")
	}
	return nil
}

// RenameTeam changes a team's name; its key stays, owners are written with it.
func (s *Store) RenameTeam(ctx context.Context, by models.Principal, team models.Team, name string) error {
	name = strings.TrimSpace(clean(name))
	if err := checkTeamName(name); err != nil {
		return err
	}
	return s.write(ctx, by, func(u *unit) error {
		if err := u.mayLead(team); err != nil {
			return err
		}
		if err := u.must(`UPDATE teams SET name = ? WHERE id = ?`, name, team.ID); err != nil {
			return err
		}
		owned, err := u.ownedByTeam(team)
		if err != nil {
			return err
		}
		_, err = u.record(0, 0, "team.changed", withOwned(map[string]any{"team": team.Key, "name": name}, owned))
		return err
	})
}

// DeleteTeam takes a team away with its members, roles and open invitations.
// What it owned becomes a gap.
func (s *Store) DeleteTeam(ctx context.Context, by models.Principal, team models.Team) error {
	return s.write(ctx, by, func(u *unit) error {
		owned, err := u.around(circle{team: team}, func() error {
			for _, table := range []string{"team_members", "team_roles"} {
				if _, err := u.exec(`DELETE FROM `+table+` WHERE team_id = ?`, team.ID); err != nil {
					return err
				}
			}
			if _, err := u.exec(`UPDATE invitations SET revoked_at = ? WHERE team_id = ? AND used_at = 0 AND revoked_at = 0`, u.at(), team.ID); err != nil {
				return err
			}
			return u.must(`DELETE FROM teams WHERE id = ?`, team.ID)
		})
		if err != nil {
			return err
		}
		_, err = u.record(0, 0, "team.deleted", withOwned(map[string]any{"team": team.Key, "name": team.Name}, owned))
		return err
	})
}
