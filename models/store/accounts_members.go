package store

import (
	"context"
	"database/sql"
	"fmt"

	"throughline/models"
)

// rolesOf are a person's roles by project: of those of their own and of their
// teams, the greatest.
func (s *Store) rolesOf(ctx context.Context, person int64) (map[int64]models.Role, error) {
	rows, err := s.query(ctx, `SELECT project_id, role FROM project_access WHERE person_id = ?`, person)
	type one struct {
		project int64
		role    models.Role
	}
	list, err := all(rows, err, func(r *sql.Rows, o *one) error { return r.Scan(&o.project, &o.role) })
	roles := make(map[int64]models.Role, len(list))
	for _, o := range list {
		if o.role.AtLeast(roles[o.project]) {
			roles[o.project] = o.role
		}
	}
	return roles, err
}

// Members lists who has a role in a project, by address.
func (s *Store) Members(ctx context.Context, project int64) ([]models.Member, error) {
	rows, err := s.query(ctx, `SELECT p.id, p.email, p.name, p.hub_role, p.disabled_at, p.created_at, m.role, m.craft, m.created_at
		FROM memberships m JOIN people p ON p.id = m.person_id WHERE m.project_id = ? ORDER BY p.email`, project)
	return all(rows, err, func(r *sql.Rows, m *models.Member) error {
		a := &m.Account
		return r.Scan(&a.ID, &a.Email, &a.Name, &a.Hub, scanFlag{&a.Disabled}, scanTime{&a.CreatedAt}, &m.Role, &m.Function, scanTime{&m.Since})
	})
}

// SetMember gives a person a role in a project. Nobody gives more than they hold.
func (s *Store) SetMember(ctx context.Context, by models.Principal, project, person int64, role models.Role) error {
	return s.SetMemberAs(ctx, by, project, person, role, nil)
}

// SetMemberAs is SetMember with the person's function there; nil leaves it as it is.
func (s *Store) SetMemberAs(ctx context.Context, by models.Principal, project, person int64, role models.Role, function *models.Function) error {
	if !role.Known() {
		return models.FieldErrorf(models.Unprocessed, "role", "There is no role %q.", role)
	}
	if !by.Anonymous() && !by.RoleIn(project).AtLeast(role) {
		return models.FieldErrorf(models.Forbidden, "role", "You hold no more than the role %q there.", by.RoleIn(project))
	}
	detail := map[string]any{"person": person, "role": role}
	if function != nil {
		if err := checkFunction(*function); err != nil {
			return err
		}
		detail["function"] = *function
	}
	return s.write(ctx, by, func(u *unit) error {
		if err := u.maySetMember(project, person); err != nil {
			return err
		}
		was, err := u.member(project, person)
		if err != nil {
			return err
		}
		owned, err := u.around(circle{people: []int64{person}}, func() error {
			return u.setMember(project, person, role, function)
		})
		if err != nil {
			return err
		}
		is, err := u.member(project, person)
		if err != nil {
			return err
		}
		_, err = u.record(project, 0, "member.set", withOwned(changed(detail, was, is), owned))
		return err
	})
}

// member is what a person is in a project, for the activity.
func (u *unit) member(project, person int64) (map[string]any, error) {
	return u.as(`SELECT role, craft AS "function" FROM memberships WHERE project_id = ? AND person_id = ?`, project, person)
}

func (u *unit) setMember(project, person int64, role models.Role, function *models.Function) error {
	_, err := u.exec(`INSERT INTO memberships (project_id, person_id, role, created_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (project_id, person_id) DO UPDATE SET role = excluded.role`, project, person, string(role), u.at())
	if err == nil && function != nil {
		_, err = u.exec(`UPDATE memberships SET craft = ? WHERE project_id = ? AND person_id = ?`, string(*function), project, person)
	}
	if err != nil {
		return fmt.Errorf("set the member: %w", err)
	}
	return nil
}

// maySetMember refuses an account that is not there, and a change of somebody who
// holds more than the one who asks.
func (u *unit) maySetMember(project, person int64) error {
	var role models.Role
	var found int
	err := u.row(`SELECT COUNT(p.id), COALESCE(MAX(m.role), '') FROM people p
		LEFT JOIN memberships m ON m.person_id = p.id AND m.project_id = ? WHERE p.id = ?`, []any{project, person}, &found, &role)
	if err != nil {
		return fmt.Errorf("look up the member: %w", err)
	}
	if found == 0 {
		return models.Errorf(models.NotFound, "There is no such person.")
	}
	if role != models.Nobody && !u.by.Anonymous() && !u.by.RoleIn(project).AtLeast(role) {
		return models.Errorf(models.Forbidden, "That member holds a greater role than you.")
	}
	return nil
}

// RemoveMember takes a person's role in a project.
func (s *Store) RemoveMember(ctx context.Context, by models.Principal, project, person int64) error {
	return s.write(ctx, by, func(u *unit) error {
		if err := u.maySetMember(project, person); err != nil {
			return err
		}
		was, err := u.member(project, person)
		if err != nil {
			return err
		}
		owned, err := u.around(circle{people: []int64{person}}, func() error {
			return u.must(`DELETE FROM memberships WHERE project_id = ? AND person_id = ?`, project, person)
		})
		if err != nil {
			return err
		}
		_, err = u.record(project, 0, "member.removed", withOwned(changed(map[string]any{"person": person}, was, nil), owned))
		return err
	})
}

// RecordRefused notes that somebody signed in tried to write what they may not,
// and how many earlier refusals of theirs there was no room for.
func (s *Store) RecordRefused(ctx context.Context, by models.Principal, route string, missed int) error {
	by.Session = "" // who lost their rights meanwhile is recorded all the same
	return s.write(ctx, by, func(u *unit) error {
		detail := map[string]any{"route": route}
		if missed > 0 {
			detail["not_recorded"] = missed
		}
		_, err := u.record(0, 0, "access.refused", detail)
		return err
	})
}
