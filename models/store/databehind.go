package store

import (
	"context"
	"database/sql"

	"throughline/models"
)

// deepestData is how many datasets may lie between a dataset and a model.
const deepestData = 8

// usersOfData begins at a dataset and follows what is made from it: the data that
// is looked through, then the runs and versions that used it, then what is live.
const usersOfData = `WITH RECURSIVE sets(id, depth) AS (SELECT CAST(? AS BIGINT), 0
 UNION SELECT COALESCE(v.to_id, l.from_id), sets.depth + 1 FROM sets JOIN links l ON l.relation = 'derived_from' AND l.until_at = 0
  AND (l.to_id = sets.id OR l.to_id IN (SELECT o.from_id FROM links o WHERE o.to_id = sets.id AND o.relation = 'version_of' AND o.until_at = 0))
  JOIN subjects f ON f.id = l.from_id AND f.kind IN ('dataset', 'dataset_version')
  LEFT JOIN links v ON v.from_id = l.from_id AND v.relation = 'version_of' AND v.until_at = 0 WHERE sets.depth < ?),
 data AS (SELECT id FROM sets UNION SELECT o.from_id FROM links o JOIN sets ON sets.id = o.to_id WHERE o.relation = 'version_of' AND o.until_at = 0),
 used AS (SELECT u.from_id AS id FROM links u JOIN data ON data.id = u.to_id WHERE u.relation IN ('trained_on', 'evaluated_on') AND u.until_at = 0),
 run AS (SELECT same.id FROM used JOIN subjects r ON r.id = used.id AND r.kind = 'run' JOIN subjects same ON same.kind = 'run' AND same.key = r.key),
 version AS (SELECT v.id, v.key FROM used JOIN subjects v ON v.id = used.id AND v.kind = 'model_version'
  UNION SELECT v.id, v.key FROM run JOIN links p ON p.to_id = run.id AND p.relation = 'produced_by' AND p.until_at = 0 JOIN subjects v ON v.id = p.from_id AND v.kind = 'model_version')
 SELECT DISTINCT d.subject_id FROM deployments d JOIN subjects s ON s.id = d.subject_id AND s.state = 'live' JOIN version ON version.key = d.model || '/' || d.version WHERE d.model <> ''`

// liveBehind are the live deployments of models that use a dataset, whoever asks.
func (s *Store) liveBehind(ctx context.Context, dataset int64) ([]int64, error) {
	rows, err := s.query(ctx, usersOfData, dataset, deepestData)
	return all(rows, err, func(r *sql.Rows, id *int64) error { return r.Scan(id) })
}

// LiveBehind are the live deployments, among those that the principal sees, of
// models that were trained or evaluated on a dataset or on what is made from it.
func (s *Store) LiveBehind(ctx context.Context, by models.Principal, dataset int64) ([]models.Subject, error) {
	ids, err := s.liveBehind(ctx, dataset)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	seen, err := s.byID(ctx, by, ids)
	return flat(map[int64][]models.Subject{0: values(seen)}), err
}

func values(m map[int64]models.Subject) (out []models.Subject) {
	for _, s := range m {
		out = append(out, s)
	}
	return out
}
