package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"throughline/models"
)

// The lives of invitations.
const (
	InvitationLife = 7 * 24 * time.Hour
	InvitationMost = 30 * 24 * time.Hour
)

// NewInvitation is what an invitation offers. It needs at least an account's use:
// one without role and team only makes an account.
type NewInvitation struct {
	Email     string // for this address only; empty: whoever has the link
	ProjectID int64
	Role      models.Role // in the project
	Team      models.Team // none: the zero Team
	Hub       models.Role
	Function  models.Function
	Life      time.Duration // 0: InvitationLife
}

// Invite makes an invitation and returns the code of its link, which is shown
// this once: the database keeps its hash. Nobody invites to more than they hold.
func (s *Store) Invite(ctx context.Context, by models.Principal, n NewInvitation) (code string, out models.Invitation, err error) {
	if err := n.check(by); err != nil {
		return "", out, err
	}
	code, hash := secret()
	err = s.write(ctx, by, func(u *unit) error {
		if n.Team.ID != 0 {
			if err := u.mayLead(n.Team); err != nil {
				return err
			}
		}
		out, err = u.invite(n, hash)
		return err
	})
	return code, out, err
}

func (n *NewInvitation) check(by models.Principal) error {
	if n.Life == 0 {
		n.Life = InvitationLife
	}
	email := models.CleanEmail(n.Email)
	switch {
	case n.Email != "" && email == "":
		return models.FieldErrorf(models.Unprocessed, "email", "%q is not an e-mail address.", shorten(n.Email))
	case n.Life < time.Minute || n.Life > InvitationMost:
		return models.FieldErrorf(models.Unprocessed, "days", "An invitation works for 1 to 30 days.")
	case (n.ProjectID != 0) != (n.Role != models.Nobody):
		return models.FieldErrorf(models.Unprocessed, "role", "A role needs a project, and a project a role.")
	case n.Role != models.Nobody && !n.Role.Known(), n.Hub != models.Nobody && !n.Hub.Known():
		return models.FieldErrorf(models.Unprocessed, "role", "There is no such role.")
	case !by.Anonymous() && n.Role != models.Nobody && !by.RoleIn(n.ProjectID).AtLeast(n.Role):
		return models.FieldErrorf(models.Forbidden, "role", "You hold no more than the role %q there.", by.RoleIn(n.ProjectID))
	case !by.Anonymous() && n.Hub != models.Nobody && !by.Hub.AtLeast(models.Administrator):
		return models.FieldErrorf(models.Forbidden, "hub_role", "Only an administrator of the hub gives a role in the whole hub.")
	}
	n.Email = email
	return checkFunction(n.Function)
}

func (u *unit) invite(n NewInvitation, hash string) (models.Invitation, error) {
	id, err := u.insert(`INSERT INTO invitations (hash, email, project_id, role, team_id, hub_role, craft, actor, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, hash, n.Email, n.ProjectID, string(n.Role), n.Team.ID, string(n.Hub), string(n.Function),
		u.by.Actor(), u.at(), u.now.Add(n.Life).UnixMilli())
	if err != nil {
		return models.Invitation{}, fmt.Errorf("make the invitation: %w", err)
	}
	detail := map[string]any{"invitation": id, "role": n.Role, "team": n.Team.Key, "hub_role": n.Hub, "function": n.Function}
	if _, err := u.record(n.ProjectID, 0, "invitation.created", detail); err != nil {
		return models.Invitation{}, err
	}
	rows, err := u.query(invitationSelect+`i.id = ?`, id)
	list, err := all(rows, err, scanInvitation)
	if err != nil {
		return models.Invitation{}, err
	}
	return list[0].Invitation, nil
}

// invitationRow is an invitation with what only a write needs of it.
type invitationRow struct {
	models.Invitation
	project, team int64
	actor         string
}

const invitationSelect = `SELECT i.id, i.email, COALESCE(pr.key, ''), i.role, COALESCE(t.key, ''), COALESCE(t.name, ''), i.hub_role, i.craft,
 COALESCE(p.name, ''), i.created_at, i.expires_at, i.project_id, i.team_id, i.actor
 FROM invitations i LEFT JOIN projects pr ON pr.id = i.project_id LEFT JOIN teams t ON t.id = i.team_id
 LEFT JOIN people p ON i.actor = 'person:' || p.id WHERE `

func scanInvitation(r *sql.Rows, i *invitationRow) error {
	return r.Scan(&i.ID, &i.Email, &i.Project, &i.Role, &i.Team, &i.TeamName, &i.Hub, &i.Function,
		&i.By, scanTime{&i.CreatedAt}, scanTime{&i.ExpiresAt}, &i.project, &i.team, &i.actor)
}

// openInvitation is the condition of one that still works; it takes the moment.
const openInvitation = `i.used_at = 0 AND i.revoked_at = 0 AND i.expires_at > ?`

// InvitationsFor limits a list of invitations; the zero value is all of the hub.
type InvitationsFor struct{ Project, Team int64 }

func (f InvitationsFor) where() (string, []any) {
	return ` (? = 0 OR i.project_id = ?) AND (? = 0 OR i.team_id = ?)`, []any{f.Project, f.Project, f.Team, f.Team}
}

// Invitations lists those that still work, the newest first.
func (s *Store) Invitations(ctx context.Context, f InvitationsFor) ([]models.Invitation, error) {
	where, args := f.where()
	rows, err := s.query(ctx, invitationSelect+openInvitation+` AND`+where+` ORDER BY i.id DESC`, append([]any{s.now().UnixMilli()}, args...)...)
	list, err := all(rows, err, scanInvitation)
	out := make([]models.Invitation, len(list))
	for i, one := range list {
		out[i] = one.Invitation
	}
	return out, err
}

// RevokeInvitation ends an open invitation of a project, a team, or any.
func (s *Store) RevokeInvitation(ctx context.Context, by models.Principal, f InvitationsFor, id int64) error {
	where, args := f.where()
	return s.write(ctx, by, func(u *unit) error {
		err := u.must(`UPDATE invitations AS i SET revoked_at = ? WHERE i.id = ? AND `+openInvitation+` AND`+where,
			append([]any{u.at(), id, u.at()}, args...)...)
		if err != nil {
			return err
		}
		_, err = u.record(f.Project, 0, "invitation.revoked", map[string]any{"invitation": id})
		return err
	})
}
