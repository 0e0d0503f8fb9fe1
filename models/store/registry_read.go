package store

import (
	"context"
	"database/sql"
	"slices"

	"throughline/models"
)

const registeredColumns = `m.id, m.integration_id, m.name, m.description, m.prompt, m.last_version, m.created_at, m.updated_at`

func scanRegistered(r *sql.Rows, m *models.RegisteredModel) error {
	return r.Scan(&m.ID, &m.Integration, &m.Name, &m.Description, &m.Prompt, &m.LastVersion, &m.Created, &m.Updated)
}

const versionColumns = `v.id, v.model_id, m.name, v.version, v.description, v.source, v.storage, v.run_key, v.run_link, v.logged_model, v.copied_from, v.stage, v.created_at, v.updated_at`

const versionSelect = `SELECT ` + versionColumns + ` FROM model_versions v JOIN registered_models m ON m.id = v.model_id`

func scanVersion(r *sql.Rows, v *models.RegisteredVersion) error {
	return r.Scan(&v.ID, &v.ModelID, &v.Model, &v.Version, &v.Description, &v.Source, &v.Storage, &v.Run, &v.RunLink, &v.LoggedModel, &v.CopiedFrom, &v.Stage, &v.Created, &v.Updated)
}

func noModel(name string) error {
	return models.Errorf(models.NotFound, "Registered Model with name=%s not found", name)
}

func noVersion(name string, version int64) error {
	return models.Errorf(models.NotFound, "Model Version (name=%s, version=%d) not found", name, version)
}

// reader asks the database: outside of a write the readers, inside of one it.
type reader func(q string, args ...any) (*sql.Rows, error)

func (s *Store) asks(ctx context.Context) reader {
	return func(q string, args ...any) (*sql.Rows, error) { return s.query(ctx, q, args...) }
}

func readModel(read reader, sp Space, name string) (models.RegisteredModel, error) {
	rows, err := read(`SELECT `+registeredColumns+` FROM registered_models m WHERE m.integration_id = ? AND m.name = ? AND m.deleted_at = 0`, sp.Integration.ID, name)
	list, err := all(rows, err, scanRegistered)
	if err != nil {
		return models.RegisteredModel{}, err
	}
	if len(list) == 0 {
		return models.RegisteredModel{}, noModel(name)
	}
	return list[0], nil
}

func readVersion(read reader, sp Space, name string, version int64) (models.RegisteredVersion, error) {
	rows, err := read(versionSelect+` WHERE m.integration_id = ? AND m.name = ? AND m.deleted_at = 0 AND v.version = ? AND v.deleted_at = 0`, sp.Integration.ID, name, version)
	list, err := all(rows, err, scanVersion)
	if err != nil {
		return models.RegisteredVersion{}, err
	}
	if len(list) == 0 {
		return models.RegisteredVersion{}, noVersion(name, version)
	}
	return list[0], nil
}

// RegisteredModel is a model of a space's registry with tags, aliases and the newest
// version of each stage.
func (s *Store) RegisteredModel(ctx context.Context, sp Space, name string) (models.RegisteredModel, error) {
	m, err := readModel(s.asks(ctx), sp, name)
	if err != nil {
		return m, err
	}
	list := []models.RegisteredModel{m}
	err = s.dressRegistered(ctx, list)
	return list[0], err
}

// ModelVersion is a version of a model of a space's registry with tags and aliases.
func (s *Store) ModelVersion(ctx context.Context, sp Space, name string, version int64) (models.RegisteredVersion, error) {
	v, err := readVersion(s.asks(ctx), sp, name, version)
	if err != nil {
		return v, err
	}
	list := []models.RegisteredVersion{v}
	err = s.dressVersions(ctx, list)
	return list[0], err
}

// dressRegistered adds tags, aliases and the newest versions to models.
func (s *Store) dressRegistered(ctx context.Context, list []models.RegisteredModel) error {
	at, ids := make(map[int64]*models.RegisteredModel, len(list)), make([]int64, len(list))
	for n := range list {
		at[list[n].ID], ids[n] = &list[n], list[n].ID
	}
	err := s.pairsOf(ctx, `SELECT model_id, key, value FROM registered_model_tags WHERE model_id`, ids, func(id int64, p models.Pair) { at[id].Tags = append(at[id].Tags, p) })
	if err != nil {
		return err
	}
	err = s.aliasesOf(ctx, ids, func(id int64, a models.Alias) { at[id].Aliases = append(at[id].Aliases, a) })
	if err != nil {
		return err
	}
	latest, err := s.latestVersions(ctx, ids)
	for _, v := range latest {
		at[v.ModelID].Latest = append(at[v.ModelID].Latest, v)
	}
	return err
}

func (s *Store) aliasesOf(ctx context.Context, ids []int64, each func(model int64, a models.Alias)) error {
	return inGroups(ids, func(group []int64) error {
		rows, err := s.query(ctx, `SELECT model_id, alias, version FROM registered_model_aliases WHERE model_id IN (`+marks(len(group))+`) ORDER BY model_id, alias`, ints(group)...)
		_, err = all(rows, err, func(r *sql.Rows, _ *struct{}) error {
			var id int64
			var a models.Alias
			err := r.Scan(&id, &a.Name, &a.Version)
			each(id, a)
			return err
		})
		return err
	})
}

// latestVersions are the newest versions of each stage of models, with their tags.
func (s *Store) latestVersions(ctx context.Context, ids []int64) (out []models.RegisteredVersion, err error) {
	err = inGroups(ids, func(group []int64) error {
		rows, err := s.query(ctx, versionSelect+` JOIN (SELECT model_id, MAX(version) AS newest FROM model_versions WHERE deleted_at = 0 AND model_id IN (`+marks(len(group))+`) GROUP BY model_id, stage) n
 ON n.model_id = v.model_id AND n.newest = v.version ORDER BY v.model_id, v.version`, ints(group)...)
		list, err := all(rows, err, scanVersion)
		out = append(out, list...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, s.tagVersions(ctx, out)
}

func (s *Store) tagVersions(ctx context.Context, list []models.RegisteredVersion) error {
	at, ids := make(map[int64]*models.RegisteredVersion, len(list)), make([]int64, len(list))
	for n := range list {
		at[list[n].ID], ids[n] = &list[n], list[n].ID
	}
	return s.pairsOf(ctx, `SELECT version_id, key, value FROM model_version_tags WHERE version_id`, ids, func(id int64, p models.Pair) { at[id].Tags = append(at[id].Tags, p) })
}

// dressVersions adds tags and aliases to versions.
func (s *Store) dressVersions(ctx context.Context, list []models.RegisteredVersion) error {
	if err := s.tagVersions(ctx, list); err != nil {
		return err
	}
	type place struct{ model, version int64 }
	at, ids := map[place]*models.RegisteredVersion{}, []int64{}
	for n, v := range list {
		at[place{v.ModelID, v.Version}] = &list[n]
		if !slices.Contains(ids, v.ModelID) {
			ids = append(ids, v.ModelID)
		}
	}
	return s.aliasesOf(ctx, ids, func(model int64, a models.Alias) {
		if v := at[place{model, a.Version}]; v != nil {
			v.Aliases = append(v.Aliases, a.Name)
		}
	})
}

// LatestVersions are the newest versions of a model in each of the stages, with
// aliases; without stages in all.
func (s *Store) LatestVersions(ctx context.Context, sp Space, name string, stages []string) (out []models.RegisteredVersion, err error) {
	m, err := readModel(s.asks(ctx), sp, name)
	if err != nil {
		return nil, err
	}
	list, err := s.latestVersions(ctx, []int64{m.ID})
	for _, v := range list {
		if len(stages) == 0 || slices.Contains(stages, v.Stage) {
			out = append(out, v)
		}
	}
	if err != nil {
		return nil, err
	}
	return out, s.dressAliases(ctx, out)
}

// dressAliases adds aliases to versions that have their tags.
func (s *Store) dressAliases(ctx context.Context, list []models.RegisteredVersion) error {
	for n := range list {
		list[n].Tags = nil
	}
	return s.dressVersions(ctx, list)
}

// VersionByAlias is the version that an alias stands at; "latest" is the newest.
func (s *Store) VersionByAlias(ctx context.Context, sp Space, name, alias string) (models.RegisteredVersion, error) {
	version, err := versionNamed(s.asks(ctx), sp, name, alias)
	if err != nil {
		return models.RegisteredVersion{}, err
	}
	return s.ModelVersion(ctx, sp, name, version)
}
