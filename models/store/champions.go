package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"

	"throughline/models"
)

// championsKnown limits how many live versions of a project are looked at.
const championsKnown = 200

// besides is the SQL condition that the subject s is in a project of another one.
const besides = `EXISTS (SELECT 1 FROM project_subjects a JOIN project_subjects b ON b.project_id = a.project_id WHERE a.subject_id = s.id AND b.subject_id = ?)`

// champions are the versions that are in force in the projects of a subject, with
// the runs behind them: first what serves, then what is live elsewhere, then what
// only carries the alias champion.
func (s *Store) champions(ctx context.Context, by models.Principal, subject int64) ([]models.Champion, error) {
	live, err := s.liveVersions(ctx, by, subject)
	if err != nil {
		return nil, err
	}
	versions, err := s.championVersions(ctx, by, subject, live)
	if err != nil || len(versions) == 0 {
		return nil, err
	}
	runs, err := s.linksWhere(ctx, by, `l.relation = 'produced_by' AND l.from_id IN (`+marks(len(versions))+`)`, subjectIDs(versions)...)
	if err == nil {
		err = s.describeRuns(ctx, by, runs)
	}
	if err != nil {
		return nil, err
	}
	byKey := map[string]models.Link{}
	for _, l := range runs {
		if _, known := byKey[l.From.Ref.Key]; !known || l.Manual {
			byKey[l.From.Ref.Key] = l
		}
	}
	return namedChampions(live, versions, byKey), nil
}

// namedChampions puts the live ones first, then those of the alias.
func namedChampions(live []models.Champion, versions []models.Subject, runs map[string]models.Link) (out []models.Champion) {
	for _, v := range versions {
		if slices.Contains(aliases(v), "champion") {
			model, number, _ := models.SplitVersion(v.Ref.Key)
			live = append(live, models.Champion{Model: model, Number: number})
		}
	}
	for _, c := range live {
		if l, known := runs[models.VersionKey(c.Model, c.Number)]; known {
			version := l.From
			c.Contender = models.Contender{Run: l.To, Version: &version}
			out = append(out, c)
		}
	}
	return out
}

func aliases(s models.Subject) (out []string) {
	list, _ := s.Facts["aliases"].([]any)
	for _, a := range list {
		if word, ok := a.(string); ok {
			out = append(out, word)
		}
	}
	return out
}

// liveVersions are what is live in the projects of a subject, what serves first.
func (s *Store) liveVersions(ctx context.Context, by models.Principal, subject int64) ([]models.Champion, error) {
	see, args := sight(by)
	rows, err := s.query(ctx, `SELECT d.environment, d.model, d.version FROM deployments d JOIN subjects s ON s.id = d.subject_id
 WHERE s.state = 'live' AND d.model <> '' AND `+see+` AND `+besides+` ORDER BY d.share DESC, d.deployed_at DESC, s.id DESC LIMIT `+strconv.Itoa(championsKnown), append(args, subject)...)
	list, err := all(rows, err, func(r *sql.Rows, c *models.Champion) error { return r.Scan(&c.Environment, &c.Model, &c.Number) })
	slices.SortStableFunc(list, func(a, b models.Champion) int {
		return flag(models.Serving(b.Environment)) - flag(models.Serving(a.Environment))
	})
	return list, err
}

// championVersions are the subjects of the live versions, and those with the alias.
func (s *Store) championVersions(ctx context.Context, by models.Principal, subject int64, live []models.Champion) ([]models.Subject, error) {
	see, seen := sight(by)
	keys := []any{""}
	for _, c := range live {
		keys = append(keys, models.VersionKey(c.Model, c.Number))
	}
	args := append([]any{models.ModelVersion}, keys...)
	rows, err := s.query(ctx, subjectSelect+` WHERE s.kind = ? AND (s.key IN (`+marks(len(keys))+`) OR s.facts LIKE '%"champion"%') AND `+see+` AND `+besides+
		` ORDER BY s.id DESC LIMIT `+strconv.Itoa(2*championsKnown), append(append(args, seen...), subject)...)
	list, err := all(rows, err, scanSubject)
	return s.fresh(list), err
}

// describeRuns puts the described run where a link leads to a mere mention of it.
func (s *Store) describeRuns(ctx context.Context, by models.Principal, links []models.Link) error {
	keys := []any{}
	for _, l := range links {
		if !l.To.Described {
			keys = append(keys, l.To.Ref.Key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	see, args := sight(by)
	rows, err := s.query(ctx, subjectSelect+` WHERE s.kind = 'run' AND s.described = 1 AND s.key IN (`+marks(len(keys))+`) AND `+see+` ORDER BY s.id DESC`, append(keys, args...)...)
	list, err := all(rows, err, scanSubject)
	known := map[string]models.Subject{}
	for _, one := range s.fresh(list) {
		known[one.Ref.Key] = one
	}
	for i, l := range links {
		if r, ok := known[l.To.Ref.Key]; ok && !l.To.Described {
			links[i].To = r
		}
	}
	return err
}
