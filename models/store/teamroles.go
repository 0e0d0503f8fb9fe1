package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"throughline/models"
)

const teamRoleSelect = `SELECT t.id, t.key, t.name, t.created_at,
 (SELECT COUNT(*) FROM team_members m JOIN people p ON p.id = m.person_id WHERE m.team_id = t.id AND p.disabled_at = 0),
 pr.id, pr.key, pr.name, r.role, r.craft, r.created_at
 FROM team_roles r JOIN teams t ON t.id = r.team_id JOIN projects pr ON pr.id = r.project_id WHERE `

func scanTeamRole(r *sql.Rows, t *models.TeamRole) error {
	return r.Scan(&t.Team.ID, &t.Team.Key, &t.Team.Name, scanTime{&t.Team.CreatedAt}, &t.Team.Members,
		&t.Project.ID, &t.Project.Key, &t.Project.Name, &t.Role, &t.Function, scanTime{&t.Since})
}

// ProjectTeams lists the teams with a role in a project, by key.
func (s *Store) ProjectTeams(ctx context.Context, project int64) ([]models.TeamRole, error) {
	rows, err := s.query(ctx, teamRoleSelect+`r.project_id = ? ORDER BY t.key`, project)
	return all(rows, err, scanTeamRole)
}

// TeamProjects lists the projects that a team has a role in, as far as the
// principal sees them.
func (s *Store) TeamProjects(ctx context.Context, by models.Principal, team models.Team) ([]models.TeamRole, error) {
	rows, err := s.query(ctx, teamRoleSelect+`r.team_id = ? ORDER BY pr.key`, team.ID)
	list, err := all(rows, err, scanTeamRole)
	out := list[:0]
	for _, r := range list {
		if by.RoleIn(r.Project.ID).AtLeast(models.Viewer) {
			out = append(out, r)
		}
	}
	return out, err
}

// SetTeamRole gives a team a role in a project. Nobody gives more than they hold.
func (s *Store) SetTeamRole(ctx context.Context, by models.Principal, project int64, team models.Team, role models.Role, function models.Function) error {
	if !role.Known() {
		return models.FieldErrorf(models.Unprocessed, "role", "There is no role %q.", role)
	}
	if err := checkFunction(function); err != nil {
		return err
	}
	if !by.Anonymous() && !by.RoleIn(project).AtLeast(role) {
		return models.FieldErrorf(models.Forbidden, "role", "You hold no more than the role %q there.", by.RoleIn(project))
	}
	return s.write(ctx, by, func(u *unit) error {
		if err := u.maySetTeam(project, team); err != nil {
			return err
		}
		was, err := u.as(`SELECT role, craft AS "function" FROM team_roles WHERE project_id = ? AND team_id = ?`, project, team.ID)
		if err != nil {
			return err
		}
		owned, err := u.around(circle{team: team}, func() error {
			_, err := u.exec(`INSERT INTO team_roles (project_id, team_id, role, craft, created_at) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (project_id, team_id) DO UPDATE SET role = excluded.role, craft = excluded.craft`,
				project, team.ID, string(role), string(function), u.at())
			return err
		})
		if err != nil {
			return fmt.Errorf("give the team a role: %w", err)
		}
		detail := map[string]any{"team": team.Key, "role": role, "function": function}
		changed(detail, was, map[string]any{"role": role, "function": function})
		_, err = u.record(project, 0, "team.role_set", withOwned(detail, owned))
		return err
	})
}

// RemoveTeamRole takes a team's role in a project.
func (s *Store) RemoveTeamRole(ctx context.Context, by models.Principal, project int64, team models.Team) error {
	return s.write(ctx, by, func(u *unit) error {
		if err := u.maySetTeam(project, team); err != nil {
			return err
		}
		owned, err := u.around(circle{team: team}, func() error {
			return u.must(`DELETE FROM team_roles WHERE project_id = ? AND team_id = ?`, project, team.ID)
		})
		if err != nil {
			return err
		}
		_, err = u.record(project, 0, "team.role_removed", withOwned(map[string]any{"team": team.Key}, owned))
		return err
	})
}

// maySetTeam refuses to change a team that holds more than the one who asks.
func (u *unit) maySetTeam(project int64, team models.Team) error {
	var role models.Role
	err := u.row(`SELECT role FROM team_roles WHERE project_id = ? AND team_id = ?`, []any{project, team.ID}, &role)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up the team's role: %w", err)
	}
	if !u.by.Anonymous() && !u.by.RoleIn(project).AtLeast(role) {
		return models.Errorf(models.Forbidden, "That team holds a greater role than you.")
	}
	return nil
}
