package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"time"

	"throughline/models"
)

// Integration is one connected upstream system.
type Integration struct {
	ID, ProjectID                    int64
	ProjectKey                       string
	Source, Name                     string
	Settings                         map[string]string // without secrets
	Secrets                          map[string]string // only from IntegrationFor and PollTargets
	State                            string            // waiting, ok, failing, paused
	Error                            string
	LastEventAt                      time.Time
	LagSeconds                       *float64 // between an event's own time and its receipt; nil before the first
	Parked, BadSignatures, Unmatched int64
	sealed                           map[string]string // as the database holds them
	Cursor                           string
	Failures                         int
	PolledAt, PausedUntil, CreatedAt time.Time
	Progress                         models.Progress // of its first import
	HaltedAt                         time.Time       // when a person stopped the asking; zero: it goes on
	Here                             bool            // MLflow clients log to Throughline itself: a project's Space
}

// Label is "source/name", as cards and activity show it.
func (i Integration) Label() string { return i.Source + "/" + i.Name }

var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// CreateIntegration connects a source to a project. Its (source, name) is unique in the hub.
func (s *Store) CreateIntegration(ctx context.Context, by models.Principal, project int64, source, name string, settings, secrets map[string]string) (i Integration, err error) {
	if !namePattern.MatchString(name) {
		return i, models.FieldErrorf(models.Unprocessed, "name", "A name is lower-case letters, digits, dots and dashes, such as main.")
	}
	err = s.write(ctx, by, func(u *unit) error {
		id, err := u.insert(`INSERT INTO integrations (project_id, source, name, settings, created_at) VALUES (?, ?, ?, ?, ?)`,
			project, source, name, encode(orEmpty(settings)), u.at())
		if unique(err) {
			return models.FieldErrorf(models.Conflict, "name", "An integration %s/%s exists already; choose another name.", source, name)
		}
		if err != nil {
			return err
		}
		i.ID = id
		if err := u.setSecrets(id, secrets); err != nil {
			return err
		}
		_, err = u.record(project, 0, "integration.created", map[string]any{"integration": source + "/" + name})
		return err
	})
	if err != nil {
		return i, err
	}
	return s.integration(ctx, `i.id = ?`, i.ID)
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// errOwnSpace keeps what runs were logged to: there is nothing to set, and nothing to
// disconnect from.
var errOwnSpace = models.Errorf(models.Conflict, "This is the project's own tracking server. It has no settings and stays; revoke the tokens of those who should not log any more.")

// UpdateIntegration replaces an integration's settings, and the secrets that are
// given. It also ends a pause.
func (s *Store) UpdateIntegration(ctx context.Context, by models.Principal, id int64, settings, secrets map[string]string) error {
	old, err := s.integration(ctx, `i.id = ?`, id)
	if err != nil {
		return err
	}
	if old.Here {
		return errOwnSpace
	}
	defer s.named.Delete(old.Label())
	return s.write(ctx, by, func(u *unit) error {
		_, err := u.exec(`UPDATE integrations SET settings = ?, state = 'waiting', error = '', failures = 0, paused_until_at = 0 WHERE id = ?`,
			encode(orEmpty(settings)), id)
		if err != nil {
			return err
		}
		if err := u.setSecrets(id, secrets); err != nil {
			return err
		}
		detail := map[string]any{"integration": old.Label()}
		if len(secrets) > 0 {
			detail["secrets"] = slices.Sorted(maps.Keys(secrets)) // their names
		}
		_, err = u.record(old.ProjectID, 0, "integration.changed", changed(detail, plainSettings(old.Settings), plainSettings(settings)))
		return err
	})
}

// plainSettings are settings for the activity; what of an address may be a
// password is left out.
func plainSettings(settings map[string]string) map[string]any {
	out := make(map[string]any, len(settings))
	for name, value := range settings {
		if u, err := url.Parse(value); err == nil && u.Host != "" {
			u.User, u.RawQuery = nil, ""
			value = u.String()
		}
		out[name] = cut(value, 400)
	}
	return out
}

// DeleteIntegration disconnects a source. What it told stays; its name is free again.
func (s *Store) DeleteIntegration(ctx context.Context, by models.Principal, id int64) error {
	old, err := s.integration(ctx, `i.id = ?`, id)
	if err != nil {
		return err
	}
	if old.Here {
		return errOwnSpace
	}
	defer s.named.Delete(old.Label())
	return s.write(ctx, by, func(u *unit) error {
		if _, err := u.exec(`UPDATE integrations SET deleted_at = ?, secrets = '{}' WHERE id = ?`, u.at(), id); err != nil {
			return err
		}
		_, err := u.record(old.ProjectID, 0, "integration.deleted", map[string]any{"integration": old.Label()})
		return err
	})
}

const integrationSelect = `SELECT i.id, i.project_id, p.key, i.source, i.name, i.settings, i.secrets, i.state, i.error, i.cursor, i.failures,
 i.bad_signatures, i.unmatched, i.last_event_at, i.last_upstream_at, i.polled_at, i.paused_until_at, i.created_at, i.progress, i.halted_at, i.here,
 (SELECT COUNT(*) FROM deliveries d WHERE d.integration_id = i.id AND d.state = 'parked')
 FROM integrations i JOIN projects p ON p.id = i.project_id WHERE i.deleted_at = 0 AND `

func scanIntegration(rows *sql.Rows, i *Integration) error {
	var settings, secrets, progress string
	var event, upstream, polled, paused, created, halted int64
	err := rows.Scan(&i.ID, &i.ProjectID, &i.ProjectKey, &i.Source, &i.Name, &settings, &secrets, &i.State, &i.Error, &i.Cursor, &i.Failures,
		&i.BadSignatures, &i.Unmatched, &event, &upstream, &polled, &paused, &created, &progress, &halted, &i.Here, &i.Parked)
	i.Settings, i.sealed = map[string]string{}, map[string]string{}
	decode(settings, &i.Settings)
	decode(secrets, &i.sealed)
	decode(progress, &i.Progress)
	i.LastEventAt, i.PolledAt, i.PausedUntil, i.CreatedAt = moment(event), moment(polled), moment(paused), moment(created)
	i.HaltedAt = moment(halted)
	if upstream != 0 {
		lag := max(0, float64(event-upstream)/1000)
		i.LagSeconds = &lag
	}
	return err
}

func (s *Store) integrations(ctx context.Context, where string, args ...any) ([]Integration, error) {
	rows, err := s.query(ctx, integrationSelect+where+` ORDER BY i.source, i.name`, args...)
	return all(rows, err, scanIntegration)
}

func (s *Store) integration(ctx context.Context, where string, args ...any) (Integration, error) {
	list, err := s.integrations(ctx, where, args...)
	if err != nil {
		return Integration{}, err
	}
	if len(list) == 0 {
		return Integration{}, models.Errorf(models.NotFound, "There is no such integration.")
	}
	return list[0], nil
}

// Integrations lists a project's integrations, without their secrets.
func (s *Store) Integrations(ctx context.Context, project int64) ([]Integration, error) {
	return s.integrations(ctx, `i.project_id = ?`, project)
}

// Integration is one integration of a project, without its secrets.
func (s *Store) Integration(ctx context.Context, project int64, source, name string) (Integration, error) {
	return s.integration(ctx, `i.project_id = ? AND i.source = ? AND i.name = ?`, project, source, name)
}

// remembered is how long IntegrationFor may answer from memory: another process
// may have changed the integration.
const remembered = 2 * time.Second

type namedIntegration struct {
	Integration
	read time.Time
}

// IntegrationFor is the integration a post is addressed to, with its secrets. It
// may be up to two seconds old.
func (s *Store) IntegrationFor(ctx context.Context, source, name string) (Integration, error) {
	if known, ok := s.named.Load(source + "/" + name); ok && time.Since(known.(namedIntegration).read) < remembered {
		return known.(namedIntegration).Integration, nil
	}
	i, err := s.integration(ctx, `i.source = ? AND i.name = ?`, source, name)
	if err == nil {
		err = s.open(&i)
	}
	if err == nil {
		s.named.Store(i.Label(), namedIntegration{i, time.Now()})
	}
	return i, err
}

// PollTargets lists every integration that nobody halted, with secrets and cursor,
// for the poll loop.
func (s *Store) PollTargets(ctx context.Context) ([]Integration, error) {
	list, err := s.integrations(ctx, `i.halted_at = 0 AND i.here = 0`)
	for n := range list {
		if err := s.open(&list[n]); err != nil {
			s.log.ErrorContext(ctx, "open the secrets", "integration", list[n].Label(), "error", err)
		}
	}
	return list, err
}

// open unseals an integration's secrets.
func (s *Store) open(i *Integration) (err error) {
	i.Secrets = make(map[string]string, len(i.sealed))
	for name, value := range i.sealed {
		if i.Secrets[name], err = s.unseal(place{"integration", i.ID, name}, value); err != nil {
			return err
		}
	}
	return nil
}

// setSecrets seals the secrets that are given into those that are there.
func (u *unit) setSecrets(id int64, given map[string]string) error {
	var sealed string
	err := u.row(`SELECT secrets FROM integrations WHERE id = ?`, []any{id}, &sealed)
	if err != nil {
		return err
	}
	out := map[string]string{}
	decode(sealed, &out)
	for name, value := range given {
		if out[name], err = u.s.seal(place{"integration", id, name}, value); err != nil {
			return err
		}
	}
	_, err = u.exec(`UPDATE integrations SET secrets = ? WHERE id = ?`, encode(out), id)
	return err
}

// CountBadSignature raises the counter of posts that were not genuine. Nothing
// else is kept of them.
func (s *Store) CountBadSignature(ctx context.Context, id int64) error {
	return s.write(ctx, models.Principal{Name: "Throughline"}, func(u *unit) error {
		_, err := u.exec(`UPDATE integrations SET bad_signatures = bad_signatures + 1 WHERE id = ?`, id)
		return err
	})
}

// PollFailed records that a poll failed, why, and until when it rests.
func (s *Store) PollFailed(ctx context.Context, id int64, reason string, pausedUntil time.Time) error {
	state := "failing"
	if !pausedUntil.IsZero() {
		state = "paused"
	}
	return s.write(ctx, models.Principal{Name: "Throughline"}, func(u *unit) error {
		_, err := u.exec(`UPDATE integrations SET state = ?, error = ?, failures = failures + 1, polled_at = ?, paused_until_at = ? WHERE id = ? AND deleted_at = 0`,
			state, reason, u.at(), millis(pausedUntil), id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
}
