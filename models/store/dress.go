package store

import (
	"context"
	"slices"

	"throughline/models"
)

// dress gives the cards of columns what stands around their subjects: links,
// owners, comments, model cards; a bounded number of queries for all of them.
func (s *Store) dress(ctx context.Context, p models.Project, columns []models.Column) error {
	var cards []*models.Card
	for i := range columns {
		for j := range columns[i].Cards {
			cards = append(cards, &columns[i].Cards[j]) // #nosec G602 -- j ranges over them
		}
	}
	return s.dressCards(ctx, p, cards)
}

func (s *Store) dressCards(ctx context.Context, p models.Project, cards []*models.Card) error {
	if len(cards) == 0 {
		return nil
	}
	ids := make([]int64, len(cards))
	for i, c := range cards {
		ids[i] = c.Subject.ID
	}
	links, err := s.cardLinks(ctx, p, ids)
	if err != nil {
		return err
	}
	owners, err := s.ownersOf(ctx, ids)
	if err != nil {
		return err
	}
	comments, err := s.commentCounts(ctx, ids)
	if err != nil {
		return err
	}
	for _, c := range cards {
		c.Links, c.Comments = links[c.Subject.ID], comments[c.Subject.ID]
		c.Owners = ownersShown(owners[c.Subject.ID])
	}
	if err := s.dressFailed(ctx, cards); err != nil {
		return err
	}
	return s.dressModels(ctx, cards)
}

// dressFailed adds who looks at what failed.
func (s *Store) dressFailed(ctx context.Context, cards []*models.Card) error {
	var ids []int64
	for _, c := range cards {
		if c.Subject.Ref.Kind == models.PipelineRun && c.Subject.State.Terminal() && c.Subject.State != models.Passed {
			ids = append(ids, c.Subject.ID)
		}
	}
	claims, err := s.ClaimsOf(ctx, ids...)
	for _, c := range cards {
		c.Claim = claims[c.Subject.ID].By
	}
	return err
}

// linksPerCard is how many links a card shows.
const linksPerCard = 3

// cardLinks are the links that cards show: from and to their subjects, as far as
// the far end is seen in the same project.
func (s *Store) cardLinks(ctx context.Context, p models.Project, ids []int64) (map[int64][]models.Link, error) {
	var list []linkEnds
	for _, end := range []string{`l.from_id`, `l.to_id`} { // one index each; an OR would walk the whole table
		rows, err := s.query(ctx, linkSelect+`l.relation NOT IN ('mentions', 'version_of') AND `+end+` IN (`+marks(len(ids))+`) LIMIT 1000`, ints(ids)...)
		found, err := all(rows, err, scanLink)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	named, err := s.namingLinks(ctx, ids)
	if err != nil {
		return nil, err
	}
	list = append(list, named...)
	slices.SortFunc(list, func(a, b linkEnds) int { return int(b.ID - a.ID) })
	list = slices.CompactFunc(list, func(a, b linkEnds) bool { return a.ID == b.ID })
	out, shown := map[int64][]models.Link{}, map[int64]bool{}
	for _, id := range ids {
		shown[id] = true
	}
	list = fewest(list, shown)
	full, err := s.complete(ctx, models.Principal{Projects: map[int64]models.Role{p.ID: models.Viewer}}, list)
	for _, l := range full {
		for _, id := range []int64{l.From.ID, l.To.ID} {
			if shown[id] && len(out[id]) < linksPerCard {
				out[id] = append(out[id], l)
			}
		}
	}
	return out, err
}

// namingLinks are the links of pull requests to the plain cards that they name.
func (s *Store) namingLinks(ctx context.Context, ids []int64) ([]linkEnds, error) {
	rows, err := s.query(ctx, linkSelect+`l.relation = 'mentions' AND l.to_id IN (SELECT t.id FROM subjects t WHERE t.kind = 'task' AND t.id IN (`+marks(len(ids))+`))
 AND EXISTS (SELECT 1 FROM subjects f WHERE f.id = l.from_id AND f.kind = 'pull_request') LIMIT 1000`, ints(ids)...)
	return all(rows, err, scanLink)
}

// fewest keeps about as many links for each card as it shows.
func fewest(list []linkEnds, shown map[int64]bool) (out []linkEnds) {
	have := map[int64]int{}
	for _, l := range list {
		wanted := shown[l.from] && have[l.from] < linksPerCard || shown[l.to] && have[l.to] < linksPerCard
		if !wanted {
			continue
		}
		have[l.from]++
		have[l.to]++
		out = append(out, l)
	}
	return out
}

func (s *Store) commentCounts(ctx context.Context, ids []int64) (map[int64]int, error) {
	rows, err := s.query(ctx, `SELECT subject_id, COUNT(*) FROM comments WHERE deleted_at = 0 AND subject_id IN (`+marks(len(ids))+`) GROUP BY subject_id`, ints(ids)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[int64]int{}
	for rows.Next() {
		var id int64
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			return nil, err
		}
		out[id] = n
	}
	return out, rows.Err()
}

// dressModels gives cards of models and versions the completeness of the model card.
func (s *Store) dressModels(ctx context.Context, cards []*models.Card) error {
	names := map[string][]*models.Card{}
	for _, c := range cards {
		switch c.Subject.Ref.Kind {
		case models.ModelCard:
			names[c.Subject.Ref.Key] = append(names[c.Subject.Ref.Key], c)
		case models.ModelVersion:
			if name, _, ok := models.SplitVersion(c.Subject.Ref.Key); ok {
				names[name] = append(names[name], c)
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	keys := make([]string, 0, len(names))
	for name := range names {
		keys = append(keys, name)
	}
	rows, err := s.query(ctx, `SELECT s.key, r.sections FROM model_card_revisions r JOIN subjects s ON s.id = r.subject_id
 WHERE s.kind = 'model' AND s.key IN (`+marks(len(keys))+`) ORDER BY r.written_at, r.number`, ints(keys)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return err
		}
		rev := models.CardRevision{}
		decode(text, &rev.Sections)
		for _, c := range names[name] {
			c.Sections, c.Of = rev.Filled(), len(rev.Sections)
		}
	}
	return rows.Err()
}

// CardByID is one card of a project.
func (s *Store) CardByID(ctx context.Context, p models.Project, id int64) (models.Card, error) {
	cards, err := s.cardsWhere(ctx, p, `c.id = ?`, id)
	if err != nil {
		return models.Card{}, err
	}
	if len(cards) == 0 {
		return models.Card{}, models.Errorf(models.NotFound, "There is no such card on this board.")
	}
	return cards[0], nil
}

// cardsWhere are the dressed cards of a project that meet a condition.
func (s *Store) cardsWhere(ctx context.Context, p models.Project, where string, args ...any) ([]models.Card, error) {
	rows, err := s.query(ctx, cardSelect+`c.project_id = ? AND `+where+` ORDER BY c.position, c.id`, append([]any{p.ID}, args...)...)
	cards, err := all(rows, err, s.scanCard)
	if err != nil || len(cards) == 0 {
		return nil, err
	}
	columns, err := s.columns(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	each := make([]*models.Card, len(cards))
	for i := range cards {
		each[i] = &cards[i]
		cards[i].Project = p.Key
		for _, c := range columns {
			if c.ID == cards[i].ColumnID {
				cards[i].Column = c.Name
			}
		}
	}
	return cards, s.dressCards(ctx, p, each)
}
