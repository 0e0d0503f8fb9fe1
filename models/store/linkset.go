package store

import (
	"database/sql"
	"time"

	"throughline/models"
)

type linkRow struct {
	id, to   int64
	rank     string
	evidence models.Evidence
	since    int64
}

// setLinks makes the source's links of one relation from a subject the given
// set. Of two sets the one of higher rank stands, whatever came first; additive
// relations only grow. Ended links stay with the time of their end.
func (w *wave) setLinks(row *subjectRow, relation models.Relation, set map[int64]models.Evidence, rank string, at time.Time) (changed bool, err error) {
	from, additive := row.id, relation.Additive(row.ref.Kind)
	old, err := w.sourceLinks(from, relation)
	if err != nil {
		return false, err
	}
	late := false
	for _, l := range old {
		late = late || !additive && l.rank > rank
	}
	if late {
		return false, w.keepLate(from, relation, set, old, rank, at)
	}
	for _, l := range old {
		if _, still := set[l.to]; !still && !additive {
			if _, err := w.exec(`UPDATE links SET until_at = ? WHERE id = ?`, at.UnixMilli(), l.id); err != nil {
				return changed, err
			}
			changed = true
		}
	}
	added, err := w.addLinks(from, relation, set, old, rank, at)
	return changed || added, err
}

func (w *wave) sourceLinks(from int64, relation models.Relation) ([]linkRow, error) {
	rows, err := w.query(`SELECT id, to_id, rank, evidence, since_at FROM links WHERE from_id = ? AND relation = ? AND integration_id = ? AND until_at = 0`,
		from, relation, w.in.Integration.ID)
	return all(rows, err, func(r *sql.Rows, l *linkRow) error { return r.Scan(&l.id, &l.to, &l.rank, &l.evidence, &l.since) })
}

// addLinks inserts what is new in a set and raises the rank of what stays.
func (w *wave) addLinks(from int64, relation models.Relation, set map[int64]models.Evidence, old []linkRow, rank string, at time.Time) (changed bool, err error) {
	known := map[int64]linkRow{}
	for _, l := range old {
		known[l.to] = l
	}
	for to, evidence := range set {
		l, is := known[to]
		switch {
		case is && l.rank >= rank:
		case is:
			_, err = w.exec(`UPDATE links SET rank = ?, evidence = ? WHERE id = ?`, rank, evidence, l.id)
			changed = changed || l.evidence != evidence
		default:
			err = w.insertLink(from, to, relation, evidence, rank, at.UnixMilli(), 0)
			changed = true
		}
		if err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// keepLate keeps an older set that arrived late, as history: it held until the
// present one began.
func (w *wave) keepLate(from int64, relation models.Relation, set map[int64]models.Evidence, now []linkRow, rank string, at time.Time) error {
	until := now[0].since
	current := map[int64]bool{}
	for _, l := range now {
		until, current[l.to] = min(until, l.since), true
	}
	if until <= at.UnixMilli() {
		return nil
	}
	for to, evidence := range set {
		if current[to] {
			continue
		}
		if err := w.insertLink(from, to, relation, evidence, rank, at.UnixMilli(), until); err != nil {
			return err
		}
	}
	return nil
}

func (w *wave) insertLink(from, to int64, relation models.Relation, evidence models.Evidence, rank string, since, until int64) error {
	_, err := w.exec(`INSERT INTO links (from_id, to_id, relation, evidence, integration_id, actor, by_name, delivery_id, rank, since_at, until_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		from, to, relation, evidence, w.in.Integration.ID, w.by.Actor(), w.sayer(), w.delivery, rank, since, until)
	return err
}

// sayer is the name under which pages show who said something.
func (w *wave) sayer() string {
	if w.in.Integration.ID != 0 {
		return w.in.Integration.Label()
	}
	return w.by.Name
}
