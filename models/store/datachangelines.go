package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"throughline/models"
)

// changeLines are the live models that a change affects, as far as the principal
// sees them, with their owners and what was answered. Of a change that is over,
// those that somebody answered for.
func (s *Store) changeLines(ctx context.Context, by models.Principal, c models.DataChange) ([]models.ChangeLine, error) {
	answers, err := s.changeAnswers(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	lines, err := s.affectedLines(ctx, by, c, answers)
	if err != nil || len(lines) == 0 {
		return lines, err
	}
	ids := make([]int64, len(lines))
	for i, l := range lines {
		ids[i] = l.Model.ID
	}
	owners, err := s.ownersOf(ctx, ids)
	for i := range lines {
		lines[i].Owners = owners[lines[i].Model.ID]
		for _, a := range answers {
			if a.Model == lines[i].Model.ID {
				lines[i].Answers = append(lines[i].Answers, a)
			}
		}
	}
	return lines, err
}

// affectedLines are the models of the live deployments behind the dataset, with
// those that were answered for and are live no more.
func (s *Store) affectedLines(ctx context.Context, by models.Principal, c models.DataChange, answers []models.ChangeAnswer) (out []models.ChangeLine, err error) {
	at := map[int64]int{}
	add := func(model models.Subject, live ...models.Subject) {
		i, known := at[model.ID]
		if !known {
			i, at[model.ID] = len(out), len(out)
			out = append(out, models.ChangeLine{Model: model})
		}
		out[i].Deployments = append(out[i].Deployments, live...)
	}
	if c.State == models.ChangePlanned {
		if err := s.eachLiveModel(ctx, by, c.Dataset.ID, add); err != nil {
			return nil, err
		}
	}
	var ids []int64
	for _, a := range answers {
		ids = append(ids, a.Model)
	}
	answered, err := s.byID(ctx, by, ids)
	for _, m := range answered {
		add(m)
	}
	slices.SortFunc(out, func(a, b models.ChangeLine) int { return strings.Compare(a.Model.Ref.Key, b.Model.Ref.Key) })
	return out, err
}

func (s *Store) eachLiveModel(ctx context.Context, by models.Principal, dataset int64, add func(models.Subject, ...models.Subject)) error {
	live, err := s.LiveBehind(ctx, by, dataset)
	if err != nil {
		return err
	}
	for _, d := range live {
		m, err := s.Find(ctx, by, models.Ref{Kind: models.Model, Key: d.Text("model")})
		if models.CodeOf(err) == models.NotFound && err != nil {
			continue // it is not for this reader
		}
		if err != nil {
			return err
		}
		add(m, d)
	}
	return nil
}

// changeAnswers are the newest answers of each person for each model.
func (s *Store) changeAnswers(ctx context.Context, change int64) (out []models.ChangeAnswer, err error) {
	rows, err := s.query(ctx, `SELECT a.model_id, a.actor, COALESCE(p.name, a.by_name), a.verdict, a.body, a.answered_at FROM data_change_answers a LEFT JOIN people p ON 'person:' || p.id = a.actor
 WHERE a.change_id = ? AND NOT EXISTS (SELECT 1 FROM data_change_answers n WHERE n.change_id = a.change_id AND n.model_id = a.model_id AND n.actor = a.actor AND n.id > a.id) ORDER BY a.id`, change)
	return all(rows, err, func(r *sql.Rows, a *models.ChangeAnswer) error {
		return r.Scan(&a.Model, &a.Actor, &a.By, &a.Verdict, &a.Text, scanTime{&a.At})
	})
}

// AnswerChange says what an announced change means for a live model. Whoever may
// write the model may answer; a later answer of the same person counts.
func (s *Store) AnswerChange(ctx context.Context, by models.Principal, c models.DataChange, a models.ChangeAnswer) error {
	a.Text = strings.TrimSpace(clean(a.Text))
	switch {
	case !slices.Contains(models.Verdicts, a.Verdict):
		return models.FieldErrorf(models.Unprocessed, "verdict", "There is no answer %q; use one of %v.", a.Verdict, models.Verdicts)
	case a.Verdict != models.VerdictSafe && a.Text == "":
		return models.FieldErrorf(models.Unprocessed, "text", "Say what stands in the way, so that the announcer can help.")
	case len(a.Text) > longestChange:
		return models.FieldErrorf(models.Unprocessed, "text", "The text has at most %d bytes.", longestChange)
	case c.State != models.ChangePlanned:
		return models.Errorf(models.Conflict, "This change is not planned any more.")
	case !slices.ContainsFunc(c.Lines, func(l models.ChangeLine) bool { return l.Model.ID == a.Model }):
		return models.FieldErrorf(models.Unprocessed, "model", "The change does not affect this model.")
	}
	if err := s.MayWrite(ctx, by, a.Model, models.Contributor); err != nil {
		return err
	}
	return s.write(ctx, by, func(u *unit) error {
		_, err := u.exec(`INSERT INTO data_change_answers (change_id, model_id, actor, by_name, verdict, body, answered_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			c.ID, a.Model, u.by.Actor(), u.byName(), a.Verdict, a.Text, u.at())
		if err != nil {
			return err
		}
		return u.note(a.Model, "change.answered", map[string]any{"change": c.ID, "verdict": a.Verdict})
	})
}

// AskedOf are the planned changes that wait for a person's answer: they own a live
// model that it affects, themselves or in a team, and did not answer yet. Models
// whose owners have all left ask the maintainers.
func (s *Store) AskedOf(ctx context.Context, by models.Principal) (out []models.DataChange, err error) {
	if by.PersonID == 0 {
		return nil, nil
	}
	planned, err := s.Changes(ctx, by, ChangeFilter{})
	if err != nil || len(planned) == 0 {
		return nil, err
	}
	teams, err := s.teamKeysOf(ctx, by.PersonID)
	for _, c := range planned {
		mine := func(o models.Owner) bool {
			return o.Account == by.PersonID || slices.Contains(teams, o.Team) && o.Team != ""
		}
		if slices.ContainsFunc(c.Lines, func(l models.ChangeLine) bool {
			return slices.ContainsFunc(l.Silent(), mine) && (l.Worst() == "" || ownsItself(l, by)) || s.orphaned(ctx, by, l)
		}) {
			out = append(out, c)
		}
	}
	return out, err
}

// orphaned tells whether nobody who is still here answers for a model: then its
// project's maintainers are asked.
func (s *Store) orphaned(ctx context.Context, by models.Principal, l models.ChangeLine) bool {
	here := slices.ContainsFunc(l.Owners, models.Owner.Counts)
	return !here && l.Worst() == "" && s.MayWrite(ctx, by, l.Model.ID, models.Maintainer) == nil
}

// ownsItself tells whether the person is among those asked by name.
func ownsItself(l models.ChangeLine, by models.Principal) bool {
	return slices.ContainsFunc(l.Silent(), func(o models.Owner) bool { return o.Account == by.PersonID })
}

func (s *Store) teamKeysOf(ctx context.Context, person int64) ([]string, error) {
	rows, err := s.query(ctx, `SELECT t.key FROM team_members m JOIN teams t ON t.id = m.team_id WHERE m.person_id = ?`, person)
	return all(rows, err, func(r *sql.Rows, key *string) error { return r.Scan(key) })
}
