package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"throughline/models"
)

// most of what a page of a dataset lists.
const (
	mostDataVersions = 200
	mostOnSheet      = 50
)

// DataSheet is what is known of a dataset, as far as the principal sees it.
func (s *Store) DataSheet(ctx context.Context, by models.Principal, dataset models.Subject) (d models.DataSheet, err error) {
	d.Dataset, d.Columns = dataset, models.ColumnsOf(dataset)
	w := &dataWalk{s: s, ctx: ctx, by: by, d: &d}
	for _, step := range []func() error{w.versions, w.freshness, w.checks, w.flow, w.runs, w.live} {
		if err := step(); err != nil {
			return d, fmt.Errorf("sheet of %s: %w", dataset.Ref.Key, err)
		}
	}
	newest := time.Time{}
	if len(d.Versions) > 0 {
		newest = d.Versions[0].Taken
	}
	d.State, d.Why = models.StateOfData(d.Freshness, newest, d.Checks, s.now())
	return d, nil
}

// dataWalk gathers what stands around a dataset.
type dataWalk struct {
	s   *Store
	ctx context.Context
	by  models.Principal
	d   *models.DataSheet
	own []int64 // the dataset and its versions
}

func (w *dataWalk) versions() error {
	see, args := sight(w.by)
	rows, err := w.s.query(w.ctx, subjectSelect+` JOIN links l ON l.from_id = s.id AND l.relation = 'version_of' AND l.until_at = 0 WHERE l.to_id = ? AND s.kind = 'dataset_version' AND `+see+
		` ORDER BY s.upstream_at DESC, s.id DESC LIMIT `+itoa(mostDataVersions), append([]any{w.d.Dataset.ID}, args...)...)
	list, err := all(rows, err, scanSubject)
	if err != nil {
		return err
	}
	w.own = []int64{w.d.Dataset.ID}
	seen := map[int64]bool{}
	for _, v := range w.s.fresh(list) {
		if !seen[v.ID] {
			seen[v.ID], w.own = true, append(w.own, v.ID)
			w.d.Versions = append(w.d.Versions, dataVersion(v))
		}
	}
	return w.dates()
}

func dataVersion(v models.Subject) models.DataVersion {
	_, digest, _ := models.SplitDatasetVersion(v.Ref.Key)
	return models.DataVersion{Subject: v, Digest: digest, Rows: models.Count(v, "rows"), Bytes: models.Count(v, "bytes"), Schema: models.FieldsOf(v)}
}

// dates puts the versions in the order of when they were taken.
func (w *dataWalk) dates() error {
	taken, err := w.s.VersionTimes(w.ctx, w.own[1:])
	if err != nil {
		return err
	}
	for i, v := range w.d.Versions {
		w.d.Versions[i].Taken = taken[v.Subject.ID]
	}
	slices.SortStableFunc(w.d.Versions, func(a, b models.DataVersion) int { return b.Taken.Compare(a.Taken) })
	w.d.Schema = models.FieldsOf(w.d.Dataset)
	for _, v := range w.d.Versions {
		if len(v.Schema) > 0 {
			w.d.Schema = v.Schema
			break
		}
	}
	return nil
}

// ends are what points to the dataset and its versions by some relations, by the
// end that it points to.
func (w *dataWalk) ends(relations ...string) (out map[int64][]models.Subject, err error) {
	rows, err := w.s.query(w.ctx, `SELECT DISTINCT to_id, from_id FROM links WHERE until_at = 0 AND relation IN (`+marks(len(relations))+`) AND to_id IN (`+marks(len(w.own))+`) ORDER BY from_id DESC LIMIT 1000`,
		append(ints(relations), ints(w.own)...)...)
	pairs, err := all(rows, err, func(r *sql.Rows, p *[2]int64) error { return r.Scan(&p[0], &p[1]) })
	if err != nil {
		return nil, err
	}
	others := make([]int64, len(pairs))
	for i, p := range pairs {
		others[i] = p[1]
	}
	seen, err := w.s.byID(w.ctx, w.by, others)
	out = map[int64][]models.Subject{}
	for _, p := range pairs {
		if s, ok := seen[p[1]]; ok {
			out[p[0]] = append(out[p[0]], s)
		}
	}
	return out, err
}

// flow are the datasets before and behind, and the pipeline runs between.
func (w *dataWalk) flow() (err error) {
	if w.d.Upstream, err = w.sets(`l.from_id`, `l.to_id`); err != nil {
		return err
	}
	if w.d.Downstream, err = w.sets(`l.to_id`, `l.from_id`); err != nil {
		return err
	}
	wrote, err := w.ends("writes")
	if err != nil {
		return err
	}
	read, err := w.ends("reads")
	w.d.Writers, w.d.Readers = flat(wrote), flat(read)
	for i, v := range w.d.Versions {
		if by := wrote[v.Subject.ID]; len(by) > 0 {
			w.d.Versions[i].Writer = &by[len(by)-1]
		}
	}
	return err
}

// sets are the datasets at the far end of derived_from, once each.
func (w *dataWalk) sets(near, far string) ([]models.Subject, error) {
	see, args := sight(w.by)
	rows, err := w.s.query(w.ctx, subjectSelect+` WHERE s.kind = 'dataset' AND s.id <> ? AND `+see+` AND s.id IN (
 SELECT COALESCE(v.to_id, `+far+`) FROM links l LEFT JOIN links v ON v.from_id = `+far+` AND v.relation = 'version_of' AND v.until_at = 0
 WHERE l.relation = 'derived_from' AND l.until_at = 0 AND `+near+` IN (`+marks(len(w.own))+`)) ORDER BY s.key LIMIT `+itoa(mostOnSheet),
		slices.Concat([]any{w.d.Dataset.ID}, args, ints(w.own))...)
	list, err := all(rows, err, scanSubject)
	return plain(list), err
}

// runs are the training runs and model versions that used a version.
func (w *dataWalk) runs() error {
	used, err := w.ends("trained_on", "evaluated_on")
	w.d.Runs = flat(used)
	for i, v := range w.d.Versions {
		w.d.Versions[i].UsedBy = used[v.Subject.ID]
	}
	return err
}

func (w *dataWalk) live() (err error) {
	w.d.Live, err = w.s.LiveBehind(w.ctx, w.by, w.d.Dataset.ID)
	return err
}

// flat are all subjects of lists, once each, the newest first.
func flat(by map[int64][]models.Subject) (out []models.Subject) {
	seen := map[int64]bool{}
	for _, list := range by {
		for _, s := range list {
			if !seen[s.ID] {
				seen[s.ID] = true
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, func(a, b models.Subject) int {
		if d := b.StateAt.Compare(a.StateAt); d != 0 {
			return d
		}
		return int(b.ID - a.ID)
	})
	return out[:min(len(out), mostOnSheet)]
}
