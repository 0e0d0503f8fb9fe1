package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"throughline/models"
)

// NewVersion is a version to be registered, as the client wants it.
type NewVersion struct {
	Model, Source string
	Run, RunLink  string
	LoggedModel   string
	Description   string
	Tags          []models.Pair
	Call          string // a mark of the call, which clients repeat; empty: it is not remembered
}

// rememberVersions is how long a repeated call finds the version of the first: a
// body says nothing that tells two wishes for the same apart.
const rememberVersions = 2 * time.Minute

// CreateModelVersion registers a version. The same call a second time finds the
// version of the first.
func (s *Store) CreateModelVersion(ctx context.Context, by models.Principal, sp Space, n NewVersion) (models.RegisteredVersion, error) {
	var version int64
	err := s.write(ctx, by, func(u *unit) error {
		made, err := u.reply(n.Call)
		if made != "" || err != nil {
			version, _ = strconv.ParseInt(made, 10, 64)
			return err
		}
		if version, err = u.makeVersion(sp, n); err != nil {
			return err
		}
		return u.keepReply(n.Call, itoa(version), rememberVersions)
	})
	if err != nil {
		return models.RegisteredVersion{}, err
	}
	return s.ModelVersion(ctx, sp, n.Model, version)
}

func (u *unit) makeVersion(sp Space, n NewVersion) (int64, error) {
	m, err := readModel(u.query, sp, n.Model)
	if err != nil {
		return 0, err
	}
	v, err := u.resolve(sp, m, n)
	if err != nil {
		return 0, err
	}
	v.Version = m.LastVersion + 1
	if _, err := u.exec(`UPDATE registered_models SET last_version = ?, updated_at = ? WHERE id = ?`, v.Version, u.at(), m.ID); err != nil {
		return 0, err
	}
	v.ID, err = u.insert(`INSERT INTO model_versions (model_id, version, description, source, storage, run_key, run_link, logged_model, copied_from, actor, by_name, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		m.ID, v.Version, clean(n.Description), v.Source, v.Storage, v.Run, clean(n.RunLink), v.LoggedModel, v.CopiedFrom, u.by.Actor(), u.byName(), u.at(), u.at())
	if err != nil {
		return 0, fmt.Errorf("register version: %w", err)
	}
	if err := u.setPairs("model_version_tags", "version_id", v.ID, n.Tags); err != nil {
		return 0, err
	}
	if err := u.tagLogged(sp, v); err != nil {
		return 0, err
	}
	if err := u.tellRegistry(sp, "model_version.created", m.ID, v.ID); err != nil {
		return 0, err
	}
	v.Tags, v.Description = n.Tags, n.Description
	return v.Version, u.announce(sp, versionCreated(m, v))
}

// DescribeModelVersion changes a version's description.
func (s *Store) DescribeModelVersion(ctx context.Context, by models.Principal, sp Space, name string, version int64, description string) (models.RegisteredVersion, error) {
	err := s.changeVersion(ctx, by, sp, name, version, "model_version.described", func(u *unit, v models.RegisteredVersion) error {
		_, err := u.exec(`UPDATE model_versions SET description = ?, updated_at = ? WHERE id = ?`, clean(description), u.at(), v.ID)
		return err
	})
	if err != nil {
		return models.RegisteredVersion{}, err
	}
	return s.ModelVersion(ctx, sp, name, version)
}

// changeVersion changes one version and tells of it.
func (s *Store) changeVersion(ctx context.Context, by models.Principal, sp Space, name string, version int64, event string, change func(u *unit, v models.RegisteredVersion) error) error {
	return s.write(ctx, by, func(u *unit) error {
		v, err := readVersion(u.query, sp, name, version)
		if err != nil {
			return err
		}
		if err := change(u, v); err != nil {
			return err
		}
		return u.tellRegistry(sp, event, v.ModelID, v.ID)
	})
}

// StageModelVersion puts a version into a stage. With archive all others of that
// stage are archived.
func (s *Store) StageModelVersion(ctx context.Context, by models.Principal, sp Space, name string, version int64, stage string, archive bool) (models.RegisteredVersion, error) {
	err := s.write(ctx, by, func(u *unit) error {
		v, err := readVersion(u.query, sp, name, version)
		if err != nil {
			return err
		}
		var others []int64
		if archive {
			rows, err := u.query(`SELECT id FROM model_versions WHERE model_id = ? AND version <> ? AND stage = ? AND deleted_at = 0`, v.ModelID, version, stage)
			if others, err = all(rows, err, func(r *sql.Rows, id *int64) error { return r.Scan(id) }); err != nil {
				return err
			}
		}
		return u.stage(sp, v, stage, others)
	})
	if err != nil {
		return models.RegisteredVersion{}, err
	}
	return s.ModelVersion(ctx, sp, name, version)
}

func (u *unit) stage(sp Space, v models.RegisteredVersion, stage string, others []int64) error {
	for _, id := range others {
		if _, err := u.exec(`UPDATE model_versions SET stage = ?, updated_at = ? WHERE id = ?`, models.StageArchived, u.at(), id); err != nil {
			return err
		}
	}
	if _, err := u.exec(`UPDATE model_versions SET stage = ?, updated_at = ? WHERE id = ?`, stage, u.at(), v.ID); err != nil {
		return err
	}
	if _, err := u.exec(`UPDATE registered_models SET updated_at = ? WHERE id = ?`, u.at(), v.ModelID); err != nil {
		return err
	}
	return u.tellRegistry(sp, "model_version.staged", v.ModelID, append(slices.Clone(others), v.ID)...)
}

// DeleteModelVersion deletes a version with its aliases. Its number is never given
// again.
func (s *Store) DeleteModelVersion(ctx context.Context, by models.Principal, sp Space, name string, version int64) error {
	return s.changeVersion(ctx, by, sp, name, version, "model_version.deleted", func(u *unit, v models.RegisteredVersion) error {
		if _, err := u.exec(`UPDATE registered_models SET updated_at = ? WHERE id = ?`, u.at(), v.ModelID); err != nil {
			return err
		}
		if _, err := u.exec(`DELETE FROM registered_model_aliases WHERE model_id = ? AND version = ?`, v.ModelID, version); err != nil {
			return err
		}
		_, err := u.exec(`UPDATE model_versions SET deleted_at = ?, updated_at = ? WHERE id = ?`, u.at(), u.at(), v.ID)
		return err
	})
}

// TagModelVersion sets a tag of a version, or takes one off: remove is its key.
func (s *Store) TagModelVersion(ctx context.Context, by models.Principal, sp Space, name string, version int64, set []models.Pair, remove string) error {
	return s.changeVersion(ctx, by, sp, name, version, "model_version.tagged", func(u *unit, v models.RegisteredVersion) error {
		if err := u.setPairs("model_version_tags", "version_id", v.ID, set); err != nil {
			return err
		}
		if _, err := u.exec(`DELETE FROM model_version_tags WHERE version_id = ? AND key = ?`, v.ID, remove); err != nil {
			return err
		}
		m, err := readModel(u.query, sp, name)
		if err != nil {
			return err
		}
		return u.announceTags(sp, m, version, set, remove)
	})
}

// SetModelAlias puts an alias at a version; where it stood before it stands no more.
func (s *Store) SetModelAlias(ctx context.Context, by models.Principal, sp Space, name, alias string, version int64) error {
	return s.write(ctx, by, func(u *unit) error {
		v, err := readVersion(u.query, sp, name, version)
		if err != nil {
			return err
		}
		before, err := u.aliasAt(v.ModelID, alias)
		if err != nil {
			return err
		}
		_, err = u.exec(`INSERT INTO registered_model_aliases (model_id, alias, version) VALUES (?, ?, ?) ON CONFLICT (model_id, alias) DO UPDATE SET version = excluded.version`, v.ModelID, alias, version)
		if err != nil {
			return err
		}
		if err := u.tellRegistry(sp, "model_version.alias_set", v.ModelID, append(before, v.ID)...); err != nil {
			return err
		}
		m, err := readModel(u.query, sp, name)
		if err != nil {
			return err
		}
		return u.announceAlias(sp, m, alias, version)
	})
}

// DropModelAlias takes an alias off a model; one that there is none of is gone
// already.
func (s *Store) DropModelAlias(ctx context.Context, by models.Principal, sp Space, name, alias string) error {
	return s.write(ctx, by, func(u *unit) error {
		m, err := readModel(u.query, sp, name)
		if err != nil {
			return err
		}
		before, err := u.aliasAt(m.ID, alias)
		if err != nil || len(before) == 0 {
			return errors.Join(err, errNothingIf(len(before) == 0))
		}
		if _, err := u.exec(`DELETE FROM registered_model_aliases WHERE model_id = ? AND alias = ?`, m.ID, alias); err != nil {
			return err
		}
		if err := u.tellRegistry(sp, "model_version.alias_deleted", m.ID, before...); err != nil {
			return err
		}
		return u.announceAlias(sp, m, alias, 0)
	})
}

// aliasAt is the id of the version that an alias stands at, if any.
func (u *unit) aliasAt(model int64, alias string) ([]int64, error) {
	rows, err := u.query(`SELECT v.id FROM registered_model_aliases a JOIN model_versions v ON v.model_id = a.model_id AND v.version = a.version WHERE a.model_id = ? AND a.alias = ?`, model, alias)
	return all(rows, err, func(r *sql.Rows, id *int64) error { return r.Scan(id) })
}
