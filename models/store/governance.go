package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"throughline/models"
)

const governanceSelect = `SELECT g.subject_id, g.classification, g.legal_basis, g.purpose, g.retention, g.steward, g.evidence, g.actor, g.reviewed_by, g.reviewed_at, g.since_at, g.until_at FROM governance g WHERE `

type governanceOf struct {
	models.Governance
	subject int64
}

func scanGovernance(r *sql.Rows, g *governanceOf) error {
	return r.Scan(&g.subject, &g.Classification, &g.LegalBasis, &g.Purpose, &g.Retention, &g.Steward, &g.Evidence, &g.By, &g.ReviewedBy,
		scanTime{&g.ReviewedAt}, scanTime{&g.Since}, scanTime{&g.Until})
}

// GovernanceHistory is what was said of a dataset's data, what is in force first;
// empty when nobody said anything yet.
func (s *Store) GovernanceHistory(ctx context.Context, dataset int64) ([]models.Governance, error) {
	list, err := s.governanceWhere(ctx, `g.subject_id = ? ORDER BY g.until_at <> 0, g.id DESC LIMIT 100`, dataset)
	out := make([]models.Governance, len(list))
	for i, g := range list {
		out[i] = g.Governance
	}
	return out, err
}

// GovernanceOf is what is in force of several datasets, by their ids.
func (s *Store) GovernanceOf(ctx context.Context, datasets []int64) (map[int64]models.Governance, error) {
	out := map[int64]models.Governance{}
	if len(datasets) == 0 {
		return out, nil
	}
	list, err := s.governanceWhere(ctx, `g.until_at = 0 AND g.subject_id IN (`+marks(len(datasets))+`)`, ints(datasets)...)
	for _, g := range list {
		out[g.subject] = g.Governance
	}
	return out, err
}

// governanceWhere names whoever said and reviewed it.
func (s *Store) governanceWhere(ctx context.Context, where string, args ...any) ([]governanceOf, error) {
	rows, err := s.query(ctx, governanceSelect+where, args...)
	list, err := all(rows, err, scanGovernance)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	actors := make([]string, 0, 2*len(list))
	for _, g := range list {
		actors = append(actors, g.By, g.ReviewedBy)
	}
	names, err := s.NamesOf(ctx, actors)
	for i := range list {
		list[i].By, list[i].ReviewedBy = names[list[i].By], names[list[i].ReviewedBy]
	}
	return list, err
}

// governanceByKey is what is in force of the datasets of a line, by their keys.
func (s *Store) governanceByKey(ctx context.Context, sets []models.DatasetLine) (map[string]models.Governance, error) {
	if len(sets) == 0 {
		return nil, nil
	}
	keys := make([]any, len(sets))
	for i, d := range sets {
		keys[i] = d.Dataset.Key
	}
	rows, err := s.query(ctx, `SELECT s.id, s.key FROM governance g JOIN subjects s ON s.id = g.subject_id
 WHERE g.until_at = 0 AND s.kind = 'dataset' AND s.key IN (`+marks(len(keys))+`)`, keys...)
	type one struct {
		id  int64
		key string
	}
	list, err := all(rows, err, func(r *sql.Rows, o *one) error { return r.Scan(&o.id, &o.key) })
	if err != nil {
		return nil, err
	}
	ids, out := make([]int64, len(list)), map[string]models.Governance{}
	for i, o := range list {
		ids[i] = o.id
	}
	of, err := s.GovernanceOf(ctx, ids)
	for _, o := range list {
		out[o.key] = of[o.id]
	}
	return out, err
}

// SetGovernance says what a dataset's data is; what was said before stays as
// history. reviewed notes that somebody looked it over now.
func (s *Store) SetGovernance(ctx context.Context, by models.Principal, ref models.Ref, g models.Governance, reviewed bool) error {
	if err := checkGovernance(&g); err != nil {
		return err
	}
	subject, err := s.Find(ctx, by, ref)
	if err != nil {
		return err
	}
	if subject.Ref.Kind != models.Dataset {
		return models.Errorf(models.Unprocessed, "Only datasets are governed, not a %s.", subject.Ref.Kind.Word())
	}
	if err := s.MayWrite(ctx, by, subject.ID, models.Contributor); err != nil {
		return err
	}
	return s.write(ctx, by, func(u *unit) error { return u.govern(subject.ID, g, reviewed) })
}

func checkGovernance(g *models.Governance) (err error) {
	g.Purpose, g.Steward = strings.TrimSpace(clean(g.Purpose)), strings.TrimSpace(clean(g.Steward))
	switch {
	case g.Classification != "" && !slices.Contains(models.Classifications, g.Classification):
		return models.FieldErrorf(models.Unprocessed, "classification", "There is no classification %q; use one of %v.", g.Classification, models.Classifications)
	case g.LegalBasis != "" && !slices.Contains(models.LegalBases, g.LegalBasis):
		return models.FieldErrorf(models.Unprocessed, "legal_basis", "There is no legal basis %q; use one of %v.", g.LegalBasis, models.LegalBases)
	case len(g.Purpose) > 4000:
		return models.FieldErrorf(models.Unprocessed, "purpose", "The purpose has at most 4000 bytes.")
	case len(g.Steward) > 200:
		return models.FieldErrorf(models.Unprocessed, "steward", "A steward has at most 200 bytes.")
	}
	g.Retention, err = models.ParseRetention(string(g.Retention))
	return err
}

func (u *unit) govern(dataset int64, g models.Governance, reviewed bool) error {
	was, err := u.as(`SELECT classification, legal_basis, purpose, retention FROM governance WHERE subject_id = ? AND until_at = 0`, dataset)
	if err != nil {
		return err
	}
	var reviewer string
	var at int64
	err = u.row(`SELECT COALESCE(MAX(reviewed_by), ''), COALESCE(MAX(reviewed_at), 0) FROM governance WHERE subject_id = ? AND until_at = 0`, []any{dataset}, &reviewer, &at)
	if err != nil {
		return err
	}
	if reviewed {
		reviewer, at = u.by.Actor(), u.at()
	}
	if _, err := u.exec(`UPDATE governance SET until_at = ? WHERE subject_id = ? AND until_at = 0`, u.at(), dataset); err != nil {
		return err
	}
	_, err = u.exec(`INSERT INTO governance (subject_id, classification, legal_basis, purpose, retention, steward, evidence, actor, reviewed_by, reviewed_at, since_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		dataset, g.Classification, g.LegalBasis, g.Purpose, g.Retention, g.Steward, models.Declared, u.by.Actor(), reviewer, at, u.at())
	if err != nil {
		return err
	}
	detail := map[string]any{"classification": g.Classification, "legal_basis": g.LegalBasis, "retention": g.Retention, "reviewed": reviewed}
	is := map[string]any{"classification": g.Classification, "legal_basis": g.LegalBasis, "purpose": g.Purpose, "retention": g.Retention}
	return u.note(dataset, "governance.set", changed(detail, was, is))
}

// LiveOn lists the live deployments, among those that the principal sees, of
// models that were trained on one of the dataset versions.
func (s *Store) LiveOn(ctx context.Context, by models.Principal, versions []int64) ([]models.Subject, error) {
	if len(versions) == 0 {
		return nil, nil
	}
	see, args := sight(by)
	rows, err := s.query(ctx, subjectSelect+` WHERE s.kind = 'deployment' AND s.state = 'live' AND `+see+` AND s.id IN (
 SELECT d.from_id FROM links d WHERE d.relation = 'deploys' AND d.until_at = 0 AND d.to_id IN (
  SELECT p.from_id FROM links p JOIN links t ON t.from_id = p.to_id AND t.relation = 'trained_on' AND t.until_at = 0
   WHERE p.relation = 'produced_by' AND p.until_at = 0 AND t.to_id IN (`+marks(len(versions))+`)
  UNION SELECT t.from_id FROM links t WHERE t.relation = 'trained_on' AND t.until_at = 0 AND t.to_id IN (`+marks(len(versions))+`)))
 ORDER BY s.upstream_at DESC LIMIT 50`, append(args, append(ints(versions), ints(versions)...)...)...)
	list, err := all(rows, err, scanSubject)
	return s.fresh(list), err
}

// VersionTimes are when dataset versions were first heard of, by their ids: the
// earliest time of a link to or from each.
func (s *Store) VersionTimes(ctx context.Context, versions []int64) (map[int64]time.Time, error) {
	out := map[int64]time.Time{}
	if len(versions) == 0 {
		return out, nil
	}
	rows, err := s.query(ctx, `SELECT v, MIN(since_at) FROM (SELECT to_id AS v, since_at FROM links WHERE to_id IN (`+marks(len(versions))+`)
 UNION ALL SELECT from_id, since_at FROM links WHERE from_id IN (`+marks(len(versions))+`)) AS heard GROUP BY v`, append(ints(versions), ints(versions)...)...)
	type one struct {
		id int64
		at time.Time
	}
	list, err := all(rows, err, func(r *sql.Rows, o *one) error { return r.Scan(&o.id, scanTime{&o.at}) })
	for _, o := range list {
		out[o.id] = o.at
	}
	return out, err
}
