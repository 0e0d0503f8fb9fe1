package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"throughline/models"
)

// NoInvitation is the one answer for a code that is unknown, used, revoked or too
// old: it tells nobody which.
const NoInvitation = "This invitation is not known, was used or has expired. Ask for a new one."

// OpenInvitation is what a code offers. Known tells whether there ever was such a
// code, for limiting guesses; anything but an open one is NotFound.
func (s *Store) OpenInvitation(ctx context.Context, code string) (out models.Invitation, known bool, err error) {
	var id int64
	err = s.row(ctx, `SELECT COALESCE(MAX(id), 0) FROM invitations WHERE hash = ?`, []any{hashOf(code)}, &id)
	if err != nil {
		return out, false, fmt.Errorf("look up the invitation: %w", err)
	}
	rows, err := s.query(ctx, invitationSelect+`i.id = ? AND `+openInvitation, id, s.now().UnixMilli())
	list, err := all(rows, err, scanInvitation)
	if err == nil && len(list) == 0 {
		return out, id != 0, models.Errorf(models.NotFound, NoInvitation)
	}
	if err != nil {
		return out, id != 0, err
	}
	return list[0].Invitation, true, nil
}

// Accept gives a person who has an account what an invitation offers, and uses it
// up: of many at once, one wins and the others are a Conflict. It takes no greater
// role away.
func (s *Store) Accept(ctx context.Context, by models.Principal, code string) (out models.Invitation, err error) {
	if by.PersonID == 0 {
		return out, models.Errorf(models.Forbidden, "Invitations are for people; sign in with your own account.")
	}
	err = s.write(ctx, by, func(u *unit) error {
		inv, err := u.lookInvitation(code, by.Email)
		if err != nil {
			return err
		}
		out = inv.Invitation
		return u.useInvitation(inv, by.PersonID)
	})
	return out, err
}

// Join makes an account by an invitation, with what it offers, and uses it up.
func (s *Store) Join(ctx context.Context, code string, p NewPerson) (a models.Account, out models.Invitation, err error) {
	if p.Password == "" {
		return a, out, models.FieldErrorf(models.Unprocessed, "password", "Choose a password of at least %d characters.", MinPassword)
	}
	p.Hub = models.Nobody // what the invitation offers comes after
	hash, err := p.check()
	if err != nil {
		return a, out, err
	}
	err = s.write(ctx, models.Principal{Name: p.Name}, func(u *unit) error {
		inv, err := u.lookInvitation(code, p.Email) // before anything tells which addresses have an account
		if err != nil {
			return err
		}
		if a, err = u.insertPerson(p, hash); err != nil {
			return err
		}
		u.by.PersonID, out = a.ID, inv.Invitation
		return u.useInvitation(inv, a.ID)
	})
	return a, out, err
}

// lookInvitation is the open invitation of a code, for whoever has that address.
func (u *unit) lookInvitation(code, email string) (inv invitationRow, err error) {
	rows, err := u.query(invitationSelect+`i.hash = ? AND `+openInvitation, hashOf(code), u.at())
	list, err := all(rows, err, scanInvitation)
	if err != nil {
		return inv, err
	}
	if len(list) == 0 {
		return inv, models.Errorf(models.Conflict, NoInvitation)
	}
	if inv = list[0]; inv.Email != "" && inv.Email != email {
		return inv, models.FieldErrorf(models.Unprocessed, "email", "This invitation is for another e-mail address.")
	}
	return inv, u.stillInvites(inv)
}

// useInvitation uses an invitation up and gives what it offers, with one row of
// activity that says who invited whom.
func (u *unit) useInvitation(inv invitationRow, person int64) error {
	done, err := u.exec(`UPDATE invitations SET used_at = ?, used_by = ? WHERE id = ? AND used_at = 0`, u.at(), person, inv.ID)
	if err != nil {
		return fmt.Errorf("use the invitation: %w", err)
	}
	if n, _ := done.RowsAffected(); n == 0 {
		return models.Errorf(models.Conflict, NoInvitation)
	}
	owned, err := u.around(circle{people: []int64{person}, team: models.Team{ID: inv.team, Key: inv.Team}}, func() error {
		return u.give(inv, person)
	})
	if err != nil {
		return err
	}
	detail := map[string]any{"invitation": inv.ID, "person": person, "invited_by": inv.actor, "role": inv.Role, "team": inv.Team, "hub_role": inv.Hub}
	_, err = u.record(inv.project, 0, "invitation.used", withOwned(detail, owned))
	return err
}

// stillInvites refuses an invitation whose maker could not make it any more: their
// account is closed, or they hold less by now than they offered.
func (u *unit) stillInvites(inv invitationRow) error {
	text, ok := strings.CutPrefix(inv.actor, "person:")
	if !ok {
		return nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("read who invited: %w", err)
	}
	refused := models.Errorf(models.Conflict, NoInvitation)
	by, err := u.rightsOf(id)
	if models.CodeOf(err) == models.Unauthorised {
		return refused
	}
	if err != nil {
		return err
	}
	leads := 0
	if err := u.row(leadsOf, []any{inv.team, id}, &leads); err != nil {
		return err
	}
	administers := by.Hub.AtLeast(models.Administrator)
	if inv.project != 0 && !by.RoleIn(inv.project).AtLeast(inv.Role) || inv.Hub != models.Nobody && !administers ||
		inv.team != 0 && leads == 0 && !administers {
		return refused
	}
	return nil
}

// give hands out what an invitation offers and never lessens what is there.
func (u *unit) give(inv invitationRow, person int64) error {
	has, err := u.rightsOf(person)
	if err != nil {
		return err
	}
	if inv.project != 0 {
		err = u.giveRole(inv, person)
	}
	if err == nil && inv.team != 0 {
		_, err = u.exec(`INSERT INTO team_members (team_id, person_id, craft, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			inv.team, person, string(inv.Function), u.at())
	}
	if err == nil && inv.Hub != models.Nobody && !has.Hub.AtLeast(inv.Hub) {
		err = u.must(`UPDATE people SET hub_role = ? WHERE id = ?`, string(inv.Hub), person)
	}
	return err
}

func (u *unit) giveRole(inv invitationRow, person int64) error {
	var own models.Role
	err := u.row(`SELECT role FROM memberships WHERE project_id = ? AND person_id = ?`, []any{inv.project, person}, &own)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("look up the member: %w", err)
	}
	function := &inv.Function
	if inv.Function == "" || inv.team != 0 { // with a team, the function is the one in the team
		function = nil
	}
	if own.AtLeast(inv.Role) {
		return nil
	}
	return u.setMember(inv.project, person, inv.Role, function)
}
