package store

import (
	"database/sql"
	"fmt"

	"throughline/models"
)

// fenced runs what a person sent only when they still hold what they held as the
// request began: who is removed while their request is under way writes nothing.
func fenced(do func(*unit) error) func(*unit) error {
	return func(u *unit) error {
		if err := u.stillHolds(); err != nil {
			return err
		}
		return do(u)
	}
}

// stillHolds is about requests of a session; tokens are asked for anew each second.
func (u *unit) stillHolds() error {
	if u.by.Session == "" || u.by.PersonID == 0 {
		return nil
	}
	now, err := u.rightsOf(u.by.PersonID)
	if err != nil {
		return err
	}
	for project := range u.by.Projects {
		if !now.RoleIn(project).AtLeast(u.by.RoleIn(project)) {
			return fewerRights()
		}
	}
	if !now.Hub.AtLeast(u.by.Hub) {
		return fewerRights()
	}
	return nil
}

func fewerRights() error {
	return models.Errorf(models.Forbidden, "Your rights were changed while this was under way. Load the page again.")
}

// rightsOf are the rights of a person inside the transaction; of one whose account
// is closed, Unauthorised.
func (u *unit) rightsOf(person int64) (p models.Principal, err error) {
	rows, err := u.query(`SELECT p.hub_role, p.disabled_at, COALESCE(a.project_id, 0), COALESCE(a.role, '')
		FROM people p LEFT JOIN project_access a ON a.person_id = p.id WHERE p.id = ?`, person)
	p = models.Principal{PersonID: person, Projects: map[int64]models.Role{}}
	type one struct {
		project int64
		role    models.Role
		closed  bool
	}
	list, err := all(rows, err, func(r *sql.Rows, o *one) error {
		return r.Scan(&p.Hub, scanFlag{&o.closed}, &o.project, &o.role)
	})
	if err != nil {
		return p, fmt.Errorf("look up the rights: %w", err)
	}
	for _, o := range list {
		if o.role.AtLeast(p.Projects[o.project]) {
			p.Projects[o.project] = o.role
		}
	}
	if len(list) == 0 || list[0].closed {
		return p, models.Errorf(models.Unauthorised, "Sign in again, please: the session has ended.")
	}
	return p, nil
}
