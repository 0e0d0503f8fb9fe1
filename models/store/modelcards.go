package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"

	"throughline/models"
	"throughline/models/forget"
)

// saveCard keeps a model card as a new revision; the same text again is none.
func (w *wave) saveCard(c models.CardText) error {
	c.Markdown = w.gone.in(c.Markdown, forget.Prose)
	ref := models.Ref{Kind: models.Model, Key: w.gone.in(clean(c.Model), forget.Plain)}
	if c.At.IsZero() {
		c.At = w.now
	}
	row, mine, err := w.subject(ref, millis(c.At))
	if err != nil {
		return err
	}
	if !mine {
		return models.Errorf(models.Forbidden, "The model %s belongs to another project.", c.Model)
	}
	row.described, row.dirty = true, true
	row.upstreamAt = max(row.upstreamAt, millis(c.At))
	w.touch(row)
	if err := w.forget(row, c); err != nil {
		return err
	}
	if err := w.insertRevision(row.id, c); err != nil {
		return err
	}
	return w.touchNewest(row.id)
}

// forget removes what an earlier card of the same origin said in its front matter
// and this one says no longer: facts and links.
func (w *wave) forget(row *subjectRow, c models.CardText) error {
	if len(c.Problems) > 0 {
		return nil // front matter that can not be read takes nothing back
	}
	now, kept := models.Description{Ref: row.ref, At: c.At, Facts: map[string]any{}}, map[models.Relation]bool{}
	for _, d := range w.in.Batch.Descriptions {
		if d.Ref.Kind == row.ref.Kind && d.Ref.Key == row.ref.Key {
			for name := range d.Facts {
				now.Facts[name] = true
			}
			for _, l := range d.Links {
				kept[l.Relation] = true
			}
		}
	}
	gone := map[string]any{}
	for name, fact := range row.facts {
		if _, still := now.Facts[name]; !still && name[0] != '_' && fact.Integration == w.in.Integration.ID {
			gone[name] = nil
		}
	}
	now.Facts = gone
	row.changed = append(row.changed, row.facts.Merge(now, w.in.Integration.ID)...)
	return w.endLinks(row.id, kept, c.At.UnixMilli())
}

// endLinks ends the links that front matter made, of the relations that it does
// not name any more. A person's own links have no rank.
func (w *wave) endLinks(from int64, kept map[models.Relation]bool, at int64) error {
	for _, relation := range []models.Relation{models.DerivedFrom, models.Mentions} {
		if kept[relation] {
			continue
		}
		_, err := w.exec(`UPDATE links SET until_at = ? WHERE from_id = ? AND relation = ? AND integration_id = ? AND rank <> '' AND until_at = 0 AND since_at < ?`,
			at, from, relation, w.in.Integration.ID, at)
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *wave) insertRevision(model int64, c models.CardText) error {
	text := clean(c.Markdown)
	sum := sha256.Sum256([]byte(text))
	digest := hex.EncodeToString(sum[:])
	var number int
	var last string
	err := w.row(`SELECT number, digest FROM model_card_revisions WHERE subject_id = ? ORDER BY written_at DESC, number DESC LIMIT 1`, []any{model}, &number, &last)
	if err == nil && last == digest {
		return nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	_, err = w.exec(`INSERT INTO model_card_revisions (subject_id, number, version, markdown, problems, sections, digest, actor, by_name, written_at)
 SELECT ?, COALESCE(MAX(number), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ? FROM model_card_revisions WHERE subject_id = ?`,
		model, clean(c.Version), text, encode(c.Problems), encode(models.Sections(text)), digest, w.by.Actor(), w.sayer(), millis(c.At), model)
	return err
}

// touchNewest passes news of a model card on to the card of the newest version,
// which shows it.
func (w *wave) touchNewest(model int64) error {
	var id int64
	err := w.row(`SELECT s.id FROM links l JOIN subjects s ON s.id = l.from_id WHERE l.to_id = ? AND l.relation = ? AND l.until_at = 0 AND s.kind = ? AND s.described = 1
 ORDER BY s.upstream_at DESC, s.id DESC LIMIT 1`, []any{model, models.VersionOf, models.ModelVersion}, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := w.touchID(id); err != nil {
		return err
	}
	w.rows[id].dirty = true
	return nil
}

// SaveCard saves a person's or bot's text of a model card with the facts and
// links that its front matter gave. project is the one that makes the model its
// own when nobody has; 0 asks for a model that is known.
func (s *Store) SaveCard(ctx context.Context, by models.Principal, project int64, model string, b models.Batch) (models.CardRevision, error) {
	err := s.write(ctx, by, func(u *unit) error {
		home, err := u.home(model)
		if err != nil {
			return err
		}
		if home == 0 {
			home = project
		}
		if home == 0 {
			return models.Errorf(models.NotFound, "There is no model %s yet; register a version first, or say which project it belongs to.", model)
		}
		in := Inbound{Name: "model_card.saved", Batch: b, Integration: Integration{ProjectID: home}}
		return u.effects(in, 0)
	})
	if err != nil {
		return models.CardRevision{}, err
	}
	card, err := s.Card(ctx, model)
	if err != nil || card == nil {
		return models.CardRevision{}, err
	}
	return *card, nil
}

// home is the project a model belongs to, 0 when nobody registered it.
func (u *unit) home(model string) (int64, error) {
	id, err := u.find(models.Ref{Kind: models.Model, Key: model})
	if id == 0 || err != nil {
		return 0, err
	}
	row, err := u.load(id)
	if err != nil {
		return 0, err
	}
	return row.home, nil
}

const revisionSelect = `SELECT r.id, s.key, r.version, r.number, r.markdown, r.problems, r.sections, r.by_name, r.written_at
 FROM model_card_revisions r JOIN subjects s ON s.id = r.subject_id WHERE s.kind = 'model' AND s.key = ? ORDER BY r.written_at DESC, r.number DESC`

func scanRevision(r *sql.Rows, c *models.CardRevision) error {
	var problems, sections string
	var at int64
	err := r.Scan(&c.ID, &c.Model, &c.Version, &c.Number, &c.Markdown, &problems, &sections, &c.By, &at)
	decode(problems, &c.Problems)
	decode(sections, &c.Sections)
	c.At = moment(at)
	return err
}

// CardRevisions lists the revisions of a model's card, the one in force first.
func (s *Store) CardRevisions(ctx context.Context, model string) ([]models.CardRevision, error) {
	rows, err := s.query(ctx, revisionSelect+` LIMIT 200`, model)
	return all(rows, err, scanRevision)
}

// Card is the model card in force, nil when there is none.
func (s *Store) Card(ctx context.Context, model string) (*models.CardRevision, error) {
	rows, err := s.query(ctx, revisionSelect+` LIMIT 1`, model)
	list, err := all(rows, err, scanRevision)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}
