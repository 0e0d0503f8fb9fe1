package store

import (
	"context"
	"database/sql"
	"slices"

	"throughline/models"
)

// tooOld is how many rows of activity a page may have missed and still catch up;
// beyond, it is quicker to read the board again.
const tooOld = 2000

// ProjectChanges are the changes of a project's board since an activity, each
// card once, as it is now. tooMany says that the page should be read again.
func (s *Store) ProjectChanges(ctx context.Context, project, since int64) (changes []models.Change, upTo int64, tooMany bool, err error) {
	if upTo, err = s.Seq(ctx); err != nil {
		return nil, 0, false, err
	}
	if since > upTo || upTo-since > tooOld {
		return nil, upTo, true, nil
	}
	list, err := s.changed(ctx, since, upTo)
	if err != nil {
		return nil, upTo, false, err
	}
	list.only(project)
	changes, err = s.changes(ctx, list)
	return changes, upTo, false, err
}

// ChangesSince are the changes of all boards by at most limit rows of activity,
// each card once, as it is now, with the activity they reach up to.
func (s *Store) ChangesSince(ctx context.Context, seq int64, limit int) ([]models.Change, int64, error) {
	newest, err := s.Seq(ctx)
	if err != nil || newest <= seq {
		return nil, seq, err
	}
	upTo := min(newest, seq+int64(limit))
	list, err := s.changed(ctx, seq, upTo)
	if err != nil {
		return nil, seq, err
	}
	changes, err := s.changes(ctx, list)
	return changes, upTo, err
}

// removal is a card that was taken off a board.
type removal struct {
	seq, project, subject, card int64
}

// changedList is what happened between two activities, as far as boards go.
type changedList struct {
	subjects map[int64]int64 // subject → its newest activity
	moved    map[int64]bool  // subjects whose card changed its place
	removed  []removal
	project  int64 // 0: all
}

func (l *changedList) only(project int64) {
	l.project = project
	l.removed = slices.DeleteFunc(l.removed, func(r removal) bool { return r.project != project })
}

func (s *Store) changed(ctx context.Context, from, upTo int64) (*changedList, error) {
	rows, err := s.query(ctx, `SELECT seq, action, project_id, subject_id, detail FROM activity WHERE seq > ? AND seq <= ? AND (subject_id <> 0 OR detail LIKE '%"owned":[%') ORDER BY seq`, from, upTo)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	l := &changedList{subjects: map[int64]int64{}, moved: map[int64]bool{}}
	for rows.Next() {
		var r removal
		var action, text string
		if err := rows.Scan(&r.seq, &action, &r.project, &r.subject, &text); err != nil {
			return nil, err
		}
		l.add(r, action, text)
	}
	return l, rows.Err()
}

func (l *changedList) add(r removal, action, text string) {
	var detail struct {
		Card  int64   `json:"card"`
		To    string  `json:"to"`
		Owned []int64 `json:"owned"` // subjects whose owners came or went
	}
	decode(text, &detail)
	for _, id := range detail.Owned {
		l.subjects[id] = r.seq
	}
	if r.subject == 0 {
		return
	}
	if action == "card.removed" {
		r.card = detail.Card
		l.removed = append(l.removed, r)
		return
	}
	l.subjects[r.subject] = r.seq
	l.moved[r.subject] = l.moved[r.subject] || detail.To != ""
}

// changes turns what happened into what boards should show now.
func (s *Store) changes(ctx context.Context, l *changedList) ([]models.Change, error) {
	var out []models.Change
	for _, r := range l.removed {
		out = append(out, models.Change{Seq: r.seq, Project: r.project, Op: "remove", CardID: r.card})
	}
	cards, err := s.cardsOfSubjects(ctx, l)
	if err != nil {
		return nil, err
	}
	for i := range cards {
		c := &cards[i]
		op := "put"
		if l.moved[c.Subject.ID] {
			op = "move"
		}
		out = append(out, models.Change{Seq: l.subjects[c.Subject.ID], Project: c.project, Op: op, Card: &c.Card, CardID: c.ID,
			Subject: c.Subject.Ref, Title: c.Subject.Title, Column: c.Column, Position: c.Position})
	}
	slices.SortStableFunc(out, func(a, b models.Change) int { return int(a.Seq - b.Seq) })
	return out, nil
}

// boardCard is a card with the id of its project.
type boardCard struct {
	models.Card
	project int64
}

// cardsOfSubjects are the cards of the changed subjects, dressed, on every board
// that the list asks for.
func (s *Store) cardsOfSubjects(ctx context.Context, l *changedList) ([]boardCard, error) {
	byProject, err := s.projectsOfCards(ctx, l)
	if err != nil {
		return nil, err
	}
	var out []boardCard
	for project, ids := range byProject {
		var p models.Project
		if err := s.row(ctx, `SELECT id, key FROM projects WHERE id = ?`, []any{project}, &p.ID, &p.Key); err != nil {
			return nil, err
		}
		for len(ids) > 0 {
			part := ids[:min(len(ids), 500)]
			ids = ids[len(part):]
			cards, err := s.cardsWhere(ctx, p, `c.subject_id IN (`+marks(len(part))+`)`, ints(part)...)
			if err != nil {
				return nil, err
			}
			for _, c := range cards {
				out = append(out, boardCard{c, project})
			}
		}
	}
	return out, nil
}

func (s *Store) projectsOfCards(ctx context.Context, l *changedList) (map[int64][]int64, error) {
	ids := make([]int64, 0, len(l.subjects))
	for id := range l.subjects {
		ids = append(ids, id)
	}
	out := map[int64][]int64{}
	for len(ids) > 0 {
		part := ids[:min(len(ids), 500)]
		ids = ids[len(part):]
		rows, err := s.query(ctx, `SELECT project_id, subject_id FROM cards WHERE subject_id IN (`+marks(len(part))+`)`, ints(part)...)
		pairs, err := all(rows, err, func(r *sql.Rows, p *[2]int64) error { return r.Scan(&p[0], &p[1]) })
		if err != nil {
			return nil, err
		}
		for _, p := range pairs {
			if l.project == 0 || l.project == p[0] {
				out[p[0]] = append(out[p[0]], p[1])
			}
		}
	}
	return out, nil
}
