package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/alexedwards/argon2id"

	"throughline/models"
	"throughline/models/passwords"
)

// NewPerson is what an account is made of.
type NewPerson struct {
	Email, Name string
	Password    string      // empty: no password login
	Hub         models.Role // a role held in every project, or Nobody
}

// MinPassword is the least number of characters of a password.
const MinPassword = passwords.Least

// hashing is the work of one password check: 19 MiB, two passes (OWASP).
var hashing = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// strangerHash is compared when there is no such account, so that an answer
// takes as long as for a known one. Nobody knows its password.
const strangerHash = "$argon2id$v=19$m=19456,t=2,p=1$Yxv54KGxT2gEiSOirtBK1g$ENPBNVx5yIMrlx5/JmiN7VuxJ63mu5uhmMgp7ACWZLY"

const accountColumns = `id, email, name, hub_role, disabled_at, created_at`

func scanAccount(rows *sql.Rows, a *models.Account) error {
	return rows.Scan(&a.ID, &a.Email, &a.Name, &a.Hub, scanFlag{&a.Disabled}, scanTime{&a.CreatedAt})
}

// CreatePerson makes an account. An address that has one is a Conflict.
func (s *Store) CreatePerson(ctx context.Context, by models.Principal, p NewPerson) (a models.Account, err error) {
	hash, err := p.check()
	if err != nil {
		return a, err
	}
	err = s.write(ctx, by, func(u *unit) error {
		a, err = u.createPerson(p, hash)
		return err
	})
	return a, err
}

// check cleans the input and hashes the password, outside of any transaction.
func (p *NewPerson) check() (hash string, err error) {
	email := models.CleanEmail(p.Email)
	if email == "" {
		return "", models.FieldErrorf(models.Unprocessed, "email", "%q is not an e-mail address.", p.Email)
	}
	if p.Hub != models.Nobody && !p.Hub.Known() {
		return "", models.FieldErrorf(models.Unprocessed, "role", "There is no role %q.", p.Hub)
	}
	p.Email, p.Name = email, strings.TrimSpace(p.Name)
	if p.Name == "" {
		p.Name, _, _ = strings.Cut(email, "@")
	}
	if p.Password == "" {
		return "", nil
	}
	return hashPassword(p.Password, p.Name, p.Email)
}

// hashPassword refuses a password that others would guess, by the words of its
// owner too.
func hashPassword(password string, words ...string) (string, error) {
	if err := passwords.Check(password, MinPassword, words...); err != nil {
		return "", err
	}
	hash, err := argon2id.CreateHash(password, hashing)
	if err != nil {
		return "", fmt.Errorf("hash the password: %w", err)
	}
	return hash, nil
}

func (u *unit) createPerson(p NewPerson, hash string) (models.Account, error) {
	a, err := u.insertPerson(p, hash)
	if err != nil {
		return a, err
	}
	_, err = u.record(0, 0, "person.created", map[string]any{"person": a.ID, "role": p.Hub})
	return a, err
}

func (u *unit) insertPerson(p NewPerson, hash string) (models.Account, error) {
	if err := u.remember(p.Email); err != nil {
		return models.Account{}, err
	}
	a := models.Account{Email: p.Email, Name: p.Name, Hub: p.Hub, CreatedAt: u.now}
	id, err := u.insert(`INSERT INTO people (email, name, password_hash, hub_role, created_at) VALUES (?, ?, ?, ?, ?)`,
		p.Email, p.Name, hash, string(p.Hub), u.at())
	if unique(err) {
		return a, models.FieldErrorf(models.Conflict, "email", "There is an account for %s already.", p.Email)
	}
	if err != nil {
		return a, fmt.Errorf("create the account: %w", err)
	}
	a.ID = id
	return a, nil
}

// Authenticate is the account of an address and password. An unknown address, a
// wrong password and a disabled account are one and the same refusal, after the
// same work.
func (s *Store) Authenticate(ctx context.Context, email, password string) (models.Account, error) {
	refused := models.Errorf(models.Unauthorised, "That address and password do not match an account.")
	var hash string
	err := s.row(ctx, `SELECT password_hash FROM people WHERE email = ? AND disabled_at = 0`,
		[]any{models.CleanEmail(email)}, &hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return models.Account{}, fmt.Errorf("look up the account: %w", err)
	}
	known := hash != ""
	if !known {
		hash = strangerHash
	}
	password = password[:min(len(password), 4*passwords.Most+1)] // longer than any, and not worth hashing whole
	match, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return models.Account{}, fmt.Errorf("compare the password: %w", err)
	}
	if !match || !known {
		return models.Account{}, refused
	}
	return s.PersonByEmail(ctx, email)
}

// PersonByEmail is the account of an address.
func (s *Store) PersonByEmail(ctx context.Context, email string) (models.Account, error) {
	rows, err := s.query(ctx, `SELECT `+accountColumns+` FROM people WHERE email = ?`, models.CleanEmail(email))
	list, err := all(rows, err, scanAccount)
	if err != nil {
		return models.Account{}, err
	}
	if len(list) == 0 {
		return models.Account{}, models.Errorf(models.NotFound, "There is no account for %s.", email)
	}
	return list[0], nil
}

// People lists the accounts by address.
func (s *Store) People(ctx context.Context) ([]models.Account, error) {
	rows, err := s.query(ctx, `SELECT `+accountColumns+` FROM people ORDER BY email`)
	return all(rows, err, scanAccount)
}

// SetPassword changes a password and ends every session of the account.
func (s *Store) SetPassword(ctx context.Context, by models.Principal, person int64, password string) error {
	name, email, err := s.wordsOf(ctx, person)
	if err != nil {
		return err
	}
	hash, err := hashPassword(password, name, email)
	if err != nil {
		return err
	}
	return s.changePerson(ctx, by, person, "person.password", nil, func(u *unit) error { return u.setPassword(person, hash) })
}

// wordsOf are what a person's password may not lean on; none for nobody.
func (s *Store) wordsOf(ctx context.Context, person int64) (name, email string, err error) {
	err = s.row(ctx, `SELECT name, email FROM people WHERE id = ?`, []any{person}, &name, &email)
	if errors.Is(err, sql.ErrNoRows) {
		err = models.Errorf(models.NotFound, "There is no such person.")
	}
	return name, email, err
}

func (u *unit) setPassword(person int64, hash string) error {
	if err := u.must(`UPDATE people SET password_hash = ?, password_at = ? WHERE id = ?`, hash, u.at(), person); err != nil {
		return err
	}
	return u.endSessions(person)
}

// SetDisabled closes an account, with all its sessions, or opens it again.
func (s *Store) SetDisabled(ctx context.Context, by models.Principal, person int64, disabled bool) error {
	return s.ChangePerson(ctx, by, person, nil, &disabled)
}

// SetHubRole gives an account a role in every project, or takes it.
func (s *Store) SetHubRole(ctx context.Context, by models.Principal, person int64, role models.Role) error {
	return s.ChangePerson(ctx, by, person, &role, nil)
}

// ChangePerson is SetHubRole and SetDisabled as one write; nil leaves as it is.
func (s *Store) ChangePerson(ctx context.Context, by models.Principal, person int64, role *models.Role, disabled *bool) error {
	if role != nil && *role != models.Nobody && !role.Known() {
		return models.FieldErrorf(models.Unprocessed, "role", "There is no role %q.", *role)
	}
	action, detail := "person.changed", map[string]any{}
	switch {
	case role == nil && disabled == nil:
		return models.Errorf(models.Unprocessed, "Say what is to change: role, disabled or both.")
	case disabled == nil:
		action = "person.role"
	case role == nil:
		action = "person.disabled"
	}
	return s.changePerson(ctx, by, person, action, detail, func(u *unit) error {
		owned, err := u.around(circle{people: []int64{person}}, func() error { return u.change(person, role, disabled, detail) })
		withOwned(detail, owned)
		return err
	})
}

func (u *unit) change(person int64, role *models.Role, disabled *bool, detail map[string]any) error {
	if role != nil && *role != models.Administrator || disabled != nil && *disabled {
		if err := u.keepAdministrator(person); err != nil {
			return err
		}
	}
	if role != nil {
		if err := u.setHubRole(person, *role, detail); err != nil {
			return err
		}
	}
	if disabled == nil {
		return nil
	}
	detail["disabled"] = *disabled
	return u.disable(person, *disabled)
}

func (u *unit) setHubRole(person int64, role models.Role, detail map[string]any) error {
	was, err := u.as(`SELECT hub_role AS role FROM people WHERE id = ?`, person)
	if err != nil {
		return err
	}
	detail["role"] = role
	changed(detail, was, map[string]any{"role": role})
	return u.must(`UPDATE people SET hub_role = ? WHERE id = ?`, string(role), person)
}

func (u *unit) disable(person int64, disabled bool) error {
	if !disabled {
		return u.must(`UPDATE people SET disabled_at = 0 WHERE id = ?`, person)
	}
	if err := u.must(`UPDATE people SET disabled_at = ? WHERE id = ?`, u.at(), person); err != nil {
		return err
	}
	return u.endSessions(person)
}

// changePerson writes one change of an account with its activity.
func (s *Store) changePerson(ctx context.Context, by models.Principal, person int64, action string, detail map[string]any, do func(*unit) error) error {
	return s.write(ctx, by, func(u *unit) error {
		if err := do(u); err != nil {
			return err
		}
		if detail == nil {
			detail = map[string]any{}
		}
		detail["person"] = person
		_, err := u.record(0, 0, action, detail)
		return err
	})
}

// keepAdministrator refuses to take the last account away that can administer
// the hub. Others may always go.
func (u *unit) keepAdministrator(person int64) error {
	var is, others int
	err := u.row(`SELECT COALESCE(SUM(CASE WHEN id = ? THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN id <> ? THEN 1 ELSE 0 END), 0)
 FROM people WHERE hub_role = 'administrator' AND disabled_at = 0`, []any{person, person}, &is, &others)
	if err != nil {
		return fmt.Errorf("count the administrators: %w", err)
	}
	if is > 0 && others == 0 {
		return models.Errorf(models.Conflict, "That would leave the hub without an administrator.")
	}
	return nil
}

// must runs a change of one row that has to be there.
func (u *unit) must(q string, args ...any) error {
	done, err := u.exec(q, args...)
	if err != nil {
		return fmt.Errorf("change the row: %w", err)
	}
	if n, err := done.RowsAffected(); err == nil && n == 0 {
		return models.Errorf(models.NotFound, "There is no such entry.")
	}
	return nil
}
