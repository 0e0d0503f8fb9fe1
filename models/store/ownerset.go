package store

import (
	"database/sql"

	"throughline/models"
)

// claimOwners makes the owners that this source declares of a subject the given
// ones; a person's assignments stay. Of two claims the one of higher rank stands.
func (w *wave) claimOwners(row *subjectRow, d models.Description, rank string) error {
	if len(d.Owners) == 0 {
		return nil
	}
	var newest sql.NullString
	err := w.row(`SELECT MAX(rank) FROM owners WHERE subject_id = ? AND integration_id = ?`, []any{row.id, w.in.Integration.ID}, &newest)
	if err != nil || newest.Valid && newest.String >= rank {
		return err
	}
	row.dirty = true
	return w.setOwners(row.id, d.Owners, models.Declared, rank)
}

// setOwners ends the present owners of the same origin and inserts the new ones.
func (w *wave) setOwners(subject int64, owners []models.OwnerClaim, evidence models.Evidence, rank string) error {
	_, err := w.exec(`UPDATE owners SET until_at = ? WHERE subject_id = ? AND integration_id = ? AND until_at = 0`, w.at(), subject, w.in.Integration.ID)
	if err != nil {
		return err
	}
	for _, o := range owners {
		person, as := ownerText(o.Person), o.As
		if person == "" {
			continue
		}
		if as == "" {
			as = "owner"
		}
		until := int64(0)
		if lapsedName(person) {
			until = w.at() // kept for its rank: an earlier claim that comes late must not stand
		}
		_, err := w.exec(`INSERT INTO owners (subject_id, person, answers_as, evidence, integration_id, actor, by_name, rank, since_at, until_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			subject, cut(person, 200), as, evidence, w.in.Integration.ID, w.by.Actor(), w.sayer(), rank, w.at(), until)
		if err != nil {
			return err
		}
	}
	return nil
}
