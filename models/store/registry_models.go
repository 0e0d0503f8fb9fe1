package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"throughline/models"
)

// CreateRegisteredModel makes a model in a space's registry. Its name must be free
// there, and no other project's; a deleted one of the name goes on counting versions.
func (s *Store) CreateRegisteredModel(ctx context.Context, by models.Principal, sp Space, m models.RegisteredModel) (models.RegisteredModel, error) {
	err := s.write(ctx, by, func(u *unit) error {
		if err := u.freeModel(sp, m); err != nil {
			return err
		}
		id, err := u.makeModel(sp, m)
		if err != nil {
			return err
		}
		if err := u.tellRegistry(sp, "model.created", id); err != nil {
			return err
		}
		return u.announce(sp, modelCreated(m))
	})
	if err != nil {
		return m, err
	}
	return s.RegisteredModel(ctx, sp, m.Name)
}

// freeModel refuses a name that is taken, in the space or by another project.
func (u *unit) freeModel(sp Space, m models.RegisteredModel) error {
	old, err := readModel(u.query, sp, m.Name)
	switch {
	case models.CodeOf(err) == models.NotFound:
		return u.ownName(sp, m.Name, m.Prompt)
	case err != nil:
		return err
	case old.Prompt != m.Prompt:
		return models.Errorf(models.Conflict, "Tried to create a %s with name '%s', but the name is already taken by a %s. MLflow does not allow creating a model and a prompt with the same name.",
			word(m.Prompt, "prompt", "registered model"), m.Name, word(old.Prompt, "prompt", "registered model"))
	}
	return models.Errorf(models.Conflict, "%s (name=%s) already exists.", word(m.Prompt, "Prompt", "Registered Model"), m.Name)
}

func word(prompt bool, yes, no string) string {
	if prompt {
		return yes
	}
	return no
}

// ownName refuses the name of a model that another project registered first. It does
// not tell whose it is.
func (u *unit) ownName(sp Space, name string, prompt bool) error {
	if prompt {
		return nil
	}
	id, err := u.find(models.Ref{Kind: models.Model, Key: name})
	if id == 0 || err != nil {
		return err
	}
	row, err := u.load(id)
	if err != nil || row.home == 0 || row.home == sp.Project.ID {
		return err
	}
	return models.Errorf(models.Forbidden, "The name %s is taken: model names are unique here, and another project registered it first. Choose another name.", name)
}

func (u *unit) makeModel(sp Space, m models.RegisteredModel) (id int64, err error) {
	err = u.row(`INSERT INTO registered_models (integration_id, name, description, prompt, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
 ON CONFLICT (integration_id, name) DO UPDATE SET description = excluded.description, prompt = excluded.prompt, created_at = excluded.created_at, updated_at = excluded.updated_at, deleted_at = 0 RETURNING id`,
		[]any{sp.Integration.ID, m.Name, clean(m.Description), flag(m.Prompt), u.at(), u.at()}, &id)
	if err != nil {
		return 0, fmt.Errorf("make registered model: %w", err)
	}
	return id, u.setPairs("registered_model_tags", "model_id", id, m.Tags)
}

// DescribeRegisteredModel changes a model's description.
func (s *Store) DescribeRegisteredModel(ctx context.Context, by models.Principal, sp Space, name, description string) (models.RegisteredModel, error) {
	err := s.write(ctx, by, func(u *unit) error {
		m, err := readModel(u.query, sp, name)
		if err != nil {
			return err
		}
		if _, err := u.exec(`UPDATE registered_models SET description = ?, updated_at = ? WHERE id = ?`, clean(description), u.at(), m.ID); err != nil {
			return err
		}
		return u.tellRegistry(sp, "model.described", m.ID)
	})
	if err != nil {
		return models.RegisteredModel{}, err
	}
	return s.RegisteredModel(ctx, sp, name)
}

// RenameRegisteredModel gives a model with all its versions another name. What is
// known by the old name stays, marked as renamed.
func (s *Store) RenameRegisteredModel(ctx context.Context, by models.Principal, sp Space, name, to string) (models.RegisteredModel, error) {
	err := s.write(ctx, by, func(u *unit) error {
		m, err := readModel(u.query, sp, name)
		if err != nil {
			return err
		}
		return u.rename(sp, m, to)
	})
	if err != nil {
		return models.RegisteredModel{}, err
	}
	return s.RegisteredModel(ctx, sp, to)
}

func (u *unit) rename(sp Space, m models.RegisteredModel, to string) error {
	if err := u.newName(sp, m, to); err != nil {
		return err
	}
	versions, err := u.versionsOf(m.ID)
	if err != nil {
		return err
	}
	if err := u.tellGone(sp, m, versions, to); err != nil {
		return err
	}
	if _, err := u.exec(`UPDATE registered_models SET name = ?, updated_at = ? WHERE id = ?`, to, u.at(), m.ID); err != nil {
		return err
	}
	if _, err := u.exec(`UPDATE model_versions SET updated_at = ? WHERE model_id = ? AND deleted_at = 0`, u.at(), m.ID); err != nil {
		return err
	}
	return u.tellRegistry(sp, "model.renamed", m.ID, versions...)
}

// newName refuses a name that is taken. One that a deleted model had is free only if
// it never had a version: those keep their names.
func (u *unit) newName(sp Space, m models.RegisteredModel, to string) error {
	var id, last, deleted int64
	err := u.row(`SELECT id, last_version, deleted_at FROM registered_models WHERE integration_id = ? AND name = ?`, []any{sp.Integration.ID, to}, &id, &last, &deleted)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return u.ownName(sp, to, m.Prompt)
	case err != nil:
		return err
	case deleted != 0 && last == 0:
		_, err := u.exec(`DELETE FROM registered_models WHERE id = ?`, id)
		return err
	case deleted != 0:
		return models.Errorf(models.Conflict, "The name %s was that of a model that is deleted; its versions keep their names. Choose another name.", to)
	}
	return models.Errorf(models.Conflict, "Registered Model (name=%s) already exists.", to)
}

// versionsOf are the ids of a model's versions.
func (u *unit) versionsOf(model int64) ([]int64, error) {
	rows, err := u.query(`SELECT id FROM model_versions WHERE model_id = ? AND deleted_at = 0 ORDER BY version`, model)
	return all(rows, err, func(r *sql.Rows, id *int64) error { return r.Scan(id) })
}

// DeleteRegisteredModel deletes a model with its versions, tags and aliases.
func (s *Store) DeleteRegisteredModel(ctx context.Context, by models.Principal, sp Space, name string) error {
	return s.write(ctx, by, func(u *unit) error {
		m, err := readModel(u.query, sp, name)
		if err != nil {
			return err
		}
		versions, err := u.versionsOf(m.ID)
		if err != nil {
			return err
		}
		for _, q := range []string{
			`DELETE FROM registered_model_tags WHERE model_id = ?`, `DELETE FROM registered_model_aliases WHERE model_id = ?`,
			`DELETE FROM model_version_tags WHERE version_id IN (SELECT id FROM model_versions WHERE model_id = ?)`,
		} {
			if _, err := u.exec(q, m.ID); err != nil {
				return err
			}
		}
		if _, err := u.exec(`UPDATE model_versions SET deleted_at = ?, updated_at = ? WHERE model_id = ? AND deleted_at = 0`, u.at(), u.at(), m.ID); err != nil {
			return err
		}
		if _, err := u.exec(`UPDATE registered_models SET deleted_at = ?, updated_at = ? WHERE id = ?`, u.at(), u.at(), m.ID); err != nil {
			return err
		}
		return u.tellGone(sp, m, versions, "")
	})
}

// TagRegisteredModel sets a tag of a model, or takes one off: remove is its key.
func (s *Store) TagRegisteredModel(ctx context.Context, by models.Principal, sp Space, name string, set []models.Pair, remove string) error {
	return s.write(ctx, by, func(u *unit) error {
		m, err := readModel(u.query, sp, name)
		if err != nil {
			return err
		}
		if err := u.setPairs("registered_model_tags", "model_id", m.ID, set); err != nil {
			return err
		}
		if _, err := u.exec(`DELETE FROM registered_model_tags WHERE model_id = ? AND key = ?`, m.ID, remove); err != nil {
			return err
		}
		if err := u.tellRegistry(sp, "model.tagged", m.ID); err != nil {
			return err
		}
		return u.announceTags(sp, m, 0, set, remove)
	})
}
