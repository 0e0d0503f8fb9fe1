package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"throughline/models"
	"throughline/models/forget"
)

// ofPeople are the tables whose rows go with their person, when there are such.
// Tables of kept hold a person's id and nothing else of them.
var (
	ofPeople = []string{"sessions", "memberships", "team_members", "identities", "passkeys", "totp_secrets", "recovery_codes",
		"sign_ins", "reset_links", "run_views", "claims"}
	kept = []string{"forgotten", "departures"}
)

// closeFor closes the account for good before anything is replaced: nobody signs
// in with it any more, its bots' tokens end, it answers for nothing, and what comes
// in from now on is replaced. Somebody without an account gets a closed one, to
// have a number.
func (s *Store) closeFor(ctx context.Context, by models.Principal, a *models.Account, t *trace) error {
	tables, err := s.tables(ctx)
	if err != nil {
		return err
	}
	return s.write(ctx, by, func(u *unit) error {
		if a.ID == 0 {
			if err := u.stranger(a); err != nil {
				return err
			}
			t.person = a.ID
		}
		if err := u.keepAdministrator(a.ID); err != nil {
			return err
		}
		if err := u.suppress(a.ID, t.needles); err != nil {
			return err
		}
		if err := u.leave(a, tables); err != nil {
			return err
		}
		if a.Disabled {
			return nil
		}
		a.Disabled = true
		_, err := u.record(0, 0, "person.disabled", map[string]any{"person": a.ID, "disabled": true})
		return err
	})
}

// stranger makes a closed account for somebody whom only sources name.
func (u *unit) stranger(a *models.Account) (err error) {
	a.Name = a.Email
	a.ID, err = u.insert(`INSERT INTO people (email, name, disabled_at, created_at) VALUES (?, ?, ?, ?)`, a.Email, a.Name, u.at(), u.at())
	return err
}

func (u *unit) leave(a *models.Account, tables []table) error {
	label, _ := lapse(a.ID)
	actor := models.Principal{PersonID: a.ID}.Actor()
	if _, err := u.exec(`UPDATE people SET disabled_at = CASE disabled_at WHEN 0 THEN ? ELSE disabled_at END, password_hash = '', hub_role = '', password_at = ? WHERE id = ?`, u.at(), u.at(), a.ID); err != nil {
		return err
	}
	for _, t := range tables {
		if t.has("person_id") && contains(ofPeople, t.name) {
			if _, err := u.exec(`DELETE FROM `+t.name+` WHERE person_id = ?`, a.ID); err != nil {
				return fmt.Errorf("delete from %s: %w", t.name, err)
			}
		}
		for _, name := range []string{"by_name", "author"} {
			if !t.has(name) || !t.has("actor") || contains(untraced, t.name) {
				continue
			}
			if _, err := u.exec(`UPDATE `+t.name+` SET `+name+` = ? WHERE actor = ? AND `+name+` <> ?`, label, actor, label); err != nil {
				return fmt.Errorf("rename in %s: %w", t.name, err)
			}
		}
	}
	return u.leaveTokens(a, label)
}

// leaveTokens ends the tokens that the person made and what they answer for.
func (u *unit) leaveTokens(a *models.Account, label string) error {
	_, err := u.exec(`UPDATE tokens SET revoked_at = CASE revoked_at WHEN 0 THEN ? ELSE revoked_at END, created_by = ? WHERE maker_id = ?`, u.at(), label, a.ID)
	if err != nil {
		return fmt.Errorf("end the tokens: %w", err)
	}
	_, err = u.exec(`UPDATE owners SET until_at = CASE until_at WHEN 0 THEN ? ELSE until_at END, person = ? WHERE lower(person) = ?`, u.at(), label, a.Email)
	return err
}

// clear replaces the person in one row, as it is now.
func (u *unit) clear(t *trace, h hit) error {
	where := make([]string, len(h.table.key))
	for i, k := range h.table.key {
		where[i] = k + ` = ?`
	}
	columns := append([]string{}, h.table.key...)
	for _, c := range h.table.texts {
		columns = append(columns, c.name)
	}
	rows, err := u.query(`SELECT `+strings.Join(columns, ", ")+` FROM `+h.table.name+` WHERE `+strings.Join(where, " AND "), h.key...)
	var changed map[string]any
	_, err = all(rows, err, func(r *sql.Rows, _ *struct{}) (err error) {
		_, changed, err = t.look(r, h.table)
		return err
	})
	if err != nil || len(changed) == 0 {
		return err
	}
	if h.table.name == "owners" {
		changed["until_at"] = u.endOf(h.key[0])
	}
	if err := u.apart(h, changed); err != nil {
		return err
	}
	return u.rewrite(h, where, changed)
}

// endOf is when an ownership ended: now, when it had not.
func (u *unit) endOf(id any) (until int64) {
	if err := u.row(`SELECT until_at FROM owners WHERE id = ?`, []any{id}, &until); err != nil || until == 0 {
		return u.at()
	}
	return until
}

// apart keeps the key of a subject unlike those of others: two addresses of one
// person may have been two subjects.
func (u *unit) apart(h hit, changed map[string]any) error {
	key, is := changed["key"]
	if !is || h.table.name != "subjects" {
		return nil
	}
	var other int64
	err := u.row(`SELECT o.id FROM subjects o JOIN subjects s ON s.kind = o.kind AND s.integration_id = o.integration_id WHERE s.id = ? AND o.key = ? AND o.id <> s.id`, []any{h.key[0], key}, &other)
	if err == nil {
		changed["key"] = fmt.Sprint(key, "-", h.key[0])
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

func (u *unit) rewrite(h hit, where []string, changed map[string]any) error {
	var set []string
	var args []any
	for name, value := range changed {
		set, args = append(set, name+` = ?`), append(args, value)
	}
	if _, err := u.exec(`UPDATE `+h.table.name+` SET `+strings.Join(set, ", ")+` WHERE `+strings.Join(where, " AND "), append(args, h.key...)...); err != nil {
		return err
	}
	if id, ok := h.key[0].(int64); ok && h.table.name == "subjects" {
		return u.index(id)
	}
	return nil
}

// activity are the rows of activity that have to lose the person.
func (t *trace) activity(ctx context.Context) ([]int64, error) {
	byName, args := t.s.holds(column{name: "by_name"}, t.plain())
	detail, more := t.s.holds(column{name: "detail"}, t.plain())
	args = append(append([]any{models.Principal{PersonID: t.person}.Actor()}, args...), more...)
	label, _ := lapse(t.person)
	rows, err := t.s.query(ctx, `SELECT seq, actor, by_name, detail FROM activity WHERE actor = ? AND by_name <> '' OR `+byName+` OR `+detail+` ORDER BY seq`, args...)
	var out []int64
	_, err = all(rows, err, func(r *sql.Rows, _ *struct{}) error {
		var seq int64
		var actor, name, text string
		err := r.Scan(&seq, &actor, &name, &text)
		if _, changed := t.reword(actor, name, text, label); changed {
			out = append(out, seq)
		}
		return err
	})
	return out, err
}

// reword is a row's words without the person.
func (t *trace) reword(actor, name, detail, label string) (w wording, changed bool) {
	f := t.forgetter()
	w.byName, _ = f.In(name, forget.Person)
	if name != "" && actor == (models.Principal{PersonID: t.person}).Actor() {
		w.byName = label
	}
	w.detail, _ = f.In(detail, forget.JSON)
	return w, w.byName != name || w.detail != detail
}

func (u *unit) reworded(t *trace, seqs []int64) (map[int64]wording, error) {
	label, _ := lapse(t.person)
	out := map[int64]wording{}
	for _, seq := range seqs {
		r, err := u.activityRow(seq)
		if err != nil {
			return nil, err
		}
		if w, changed := t.reword(r.Actor, r.ByName, r.Detail, label); changed {
			out[seq] = w
		}
	}
	return out, nil
}
