package store

import (
	"database/sql"
	"slices"

	"throughline/models"
)

// named makes a pull request's or commit's links to the cards that its words
// name, exactly those: who edits the name away takes the link away. Only cards of
// projects in which the subject is shown count, so that nobody can move the cards
// of a project that did not connect the source.
func (w *wave) named(row *subjectRow) error {
	projects, err := w.cardProjects(row.id)
	if err != nil || len(projects) == 0 || !row.described {
		return err
	}
	names, err := w.names(row)
	if err != nil {
		return err
	}
	cards := map[int64]bool{}
	for _, name := range names {
		if !projects[name.Project()] {
			continue
		}
		id, err := w.find(models.Ref{Kind: models.Task, Key: name.Key})
		if err != nil {
			return err
		}
		if id != 0 {
			cards[id] = true
		}
	}
	return w.setNamed(row, cards)
}

// cardProjects are the keys of the projects that show a subject and have cards to
// name at all.
func (w *wave) cardProjects(subject int64) (map[string]bool, error) {
	rows, err := w.query(`SELECT p.key FROM project_subjects ps JOIN projects p ON p.id = ps.project_id WHERE ps.subject_id = ? AND p.tasks > 0`, subject)
	keys, err := all(rows, err, func(r *sql.Rows, key *string) error { return r.Scan(key) })
	out := map[string]bool{}
	for _, key := range keys {
		out[key] = true
	}
	return out, err
}

// names are the cards that a subject's words name. A pull request's are its
// title, its text, its branch, and the messages of its commits.
func (w *wave) names(row *subjectRow) ([]models.CardName, error) {
	if row.ref.Kind == models.Commit {
		return models.CardNames(row.facts.String("message")), nil
	}
	out := models.CardNames(row.facts.String(models.FactTitle) + "\n\n" + row.facts.String(models.FactText))
	out = append(out, models.BranchCards(row.facts.String("branch"))...)
	commits, err := w.ids(`SELECT to_id FROM links WHERE from_id = ? AND relation IN ('contains', 'merged_as') AND until_at = 0 ORDER BY id`, row.id)
	if err != nil {
		return nil, err
	}
	for _, id := range commits {
		commit, err := w.load(id)
		if err != nil {
			return nil, err
		}
		out = append(out, models.CardNames(commit.facts.String("message"))...)
	}
	return out, nil
}

func (u *unit) ids(q string, args ...any) ([]int64, error) {
	rows, err := u.query(q, args...)
	return all(rows, err, func(r *sql.Rows, id *int64) error { return r.Scan(id) })
}

// namedLink is a link to a card that words made.
type namedLink struct{ id, to int64 }

// setNamed ends the links whose card is no longer named and makes those that are
// missing. The cards that may look different now are evaluated.
func (w *wave) setNamed(row *subjectRow, cards map[int64]bool) error {
	rows, err := w.query(`SELECT l.id, l.to_id FROM links l JOIN subjects s ON s.id = l.to_id
 WHERE l.from_id = ? AND l.relation = 'mentions' AND l.until_at = 0 AND l.integration_id <> 0 AND s.kind = 'task'`, row.id)
	old, err := all(rows, err, func(r *sql.Rows, l *namedLink) error { return r.Scan(&l.id, &l.to) })
	if err != nil {
		return err
	}
	for _, l := range old {
		if cards[l.to] {
			delete(cards, l.to)
			if err := w.tellCard(l.to, row.ref.Kind == models.PullRequest && len(row.changed) > 0); err != nil {
				return err
			}
			continue
		}
		if _, err := w.exec(`UPDATE links SET until_at = ? WHERE id = ?`, w.at(), l.id); err != nil {
			return err
		}
		row.dirty = true
		if err := w.tellCard(l.to, true); err != nil {
			return err
		}
	}
	return w.addNamed(row, cards)
}

func (w *wave) addNamed(row *subjectRow, cards map[int64]bool) error {
	if len(cards) == 0 {
		return nil
	}
	integration, label, err := w.wrote(row)
	if err != nil {
		return err
	}
	for card := range cards {
		_, err := w.exec(`INSERT INTO links (from_id, to_id, relation, evidence, integration_id, actor, by_name, delivery_id, since_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			row.id, card, models.Mentions, models.Declared, integration, w.by.Actor(), label, w.delivery, row.upstreamAt)
		if err != nil {
			return err
		}
		row.dirty = true
		if err := w.tellCard(card, true); err != nil {
			return err
		}
	}
	return nil
}

// wrote is the integration whose words a subject's are, with its name.
func (w *wave) wrote(row *subjectRow) (id int64, label string, err error) {
	if id = row.ref.Integration; id == 0 {
		id = row.facts["message"].Integration
	}
	if id == w.in.Integration.ID || id == 0 {
		return w.in.Integration.ID, w.sayer(), nil
	}
	err = w.row(`SELECT source || '/' || name FROM integrations WHERE id = ?`, []any{id}, &label)
	return id, label, err
}

// tellCard has a card evaluated; news says that its links look different now.
func (w *wave) tellCard(id int64, news bool) error {
	row, err := w.load(id)
	if err != nil {
		return err
	}
	row.dirty = row.dirty || news
	w.touch(row)
	return nil
}

// commitNamed passes what a commit's message names on to its pull requests.
func (w *wave) commitNamed(row *subjectRow) error {
	if err := w.named(row); err != nil || !slices.Contains(row.changed, "message") {
		return err
	}
	return w.touchAll(`SELECT from_id FROM links WHERE to_id = ? AND relation IN ('contains', 'merged_as') AND until_at = 0`, row.id)
}

// taskState works out whether a card is closed: by the last merge of a pull
// request that closes it, unless a person said otherwise later. It depends on what
// is known alone, so that neither the order of arrival nor a repeat matters.
func (w *wave) taskState(row *subjectRow) error {
	said := row.facts.State()
	by, merged, err := w.closer(row)
	if err != nil {
		return err
	}
	state, at := said.State, said.At
	row.cause, row.rule = models.StateFact{}, ""
	if by != nil && merged.At.After(said.At) {
		state, at = models.Closed, merged.At
		row.cause, row.rule = merged, "closed by "+by.ref.Key
	}
	row.dirty = row.dirty || state != row.state || millis(at) != row.stateAt
	row.state, row.stateAt = state, millis(at)
	return nil
}

// closer is the pull request that was merged last of those that close a card.
func (w *wave) closer(card *subjectRow) (by *subjectRow, merged models.StateFact, err error) {
	ids, err := w.ids(`SELECT l.from_id FROM links l JOIN subjects s ON s.id = l.from_id
 WHERE l.to_id = ? AND l.relation = 'mentions' AND l.until_at = 0 AND l.integration_id <> 0 AND s.kind = 'pull_request'`, card.id)
	if err != nil {
		return nil, merged, err
	}
	for _, id := range ids {
		row, err := w.load(id)
		if err != nil {
			return nil, merged, err
		}
		state := row.facts.State()
		later := by == nil || state.At.After(merged.At) || state.At.Equal(merged.At) && row.ref.Key > by.ref.Key
		if state.State != models.Merged || !later {
			continue
		}
		names, err := w.names(row)
		if err != nil {
			return nil, merged, err
		}
		if slices.Contains(names, models.CardName{Key: card.ref.Key, Closes: true}) {
			by, merged = row, state
		}
	}
	return by, merged, nil
}
