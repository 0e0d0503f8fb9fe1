package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"throughline/models"
)

const linkSelect = `SELECT l.id, l.relation, l.evidence, l.integration_id, l.by_name, l.since_at, l.from_id, l.to_id, COALESCE(i.source, '')
 FROM links l LEFT JOIN integrations i ON i.id = l.integration_id WHERE l.until_at = 0 AND `

type linkEnds struct {
	models.Link
	from, to int64
}

func scanLink(r *sql.Rows, l *linkEnds) error {
	var integration, since int64
	err := r.Scan(&l.ID, &l.Relation, &l.Evidence, &integration, &l.By, &since, &l.from, &l.to, &l.Source)
	l.Since, l.Manual = moment(since), integration == 0 && l.By != "the key"
	return err
}

// byID loads subjects by their ids, those that the principal sees.
func (s *Store) byID(ctx context.Context, by models.Principal, ids []int64) (map[int64]models.Subject, error) {
	out := make(map[int64]models.Subject, len(ids))
	see, seeArgs := sight(by)
	for len(ids) > 0 {
		part := ids[:min(len(ids), 500)]
		ids = ids[len(part):]
		rows, err := s.query(ctx, subjectSelect+` WHERE s.id IN (`+marks(len(part))+`) AND `+see, append(ints(part), seeArgs...)...)
		list, err := all(rows, err, scanSubject)
		if err != nil {
			return nil, err
		}
		for _, one := range s.fresh(list) {
			out[one.ID] = one
		}
	}
	return out, nil
}

// complete gives links their ends and leaves out those with an invisible one.
func (s *Store) complete(ctx context.Context, by models.Principal, list []linkEnds) ([]models.Link, error) {
	ids := make([]int64, 0, 2*len(list))
	for _, l := range list {
		ids = append(ids, l.from, l.to)
	}
	ends, err := s.byID(ctx, by, ids)
	if err != nil {
		return nil, err
	}
	out := make([]models.Link, 0, len(list))
	for _, l := range list {
		from, ok1 := ends[l.from]
		to, ok2 := ends[l.to]
		if l.From, l.To = from, to; ok1 && ok2 {
			out = append(out, l.Link)
		}
	}
	return out, nil
}

// linksShown limits how many links of one direction a page gets.
const linksShown = 200

// Links are the links of a subject, from it and to it, the newest first.
func (s *Store) Links(ctx context.Context, by models.Principal, subject int64) (out, in []models.Link, err error) {
	if out, err = s.linksWhere(ctx, by, `l.from_id = ?`, subject); err != nil {
		return nil, nil, err
	}
	in, err = s.linksWhere(ctx, by, `l.to_id = ?`, subject)
	return out, in, err
}

func (s *Store) linksWhere(ctx context.Context, by models.Principal, where string, args ...any) ([]models.Link, error) {
	rows, err := s.query(ctx, linkSelect+where+` ORDER BY l.id DESC LIMIT `+strconv.Itoa(linksShown), args...)
	list, err := all(rows, err, scanLink)
	if err != nil {
		return nil, err
	}
	return s.complete(ctx, by, list)
}

// LinkFilter limits a list of links.
type LinkFilter struct {
	From, To models.Ref // the zero Ref is any
	Relation models.Relation
	After    string
	Limit    int
}

// AllLinks lists links whose both ends the principal sees, the newest first.
func (s *Store) AllLinks(ctx context.Context, by models.Principal, f LinkFilter) ([]models.Link, string, error) {
	where, args := []string{`1 = 1`}, []any{}
	for _, end := range []struct {
		ref    models.Ref
		column string
	}{{f.From, "l.from_id"}, {f.To, "l.to_id"}} {
		if end.ref.Key != "" {
			where, args = append(where, end.column+` IN (SELECT id FROM subjects WHERE kind = ? AND key = ?)`), append(args, end.ref.Kind, end.ref.Key)
		}
	}
	if f.Relation != "" {
		where, args = append(where, `l.relation = ?`), append(args, f.Relation)
	}
	if f.After != "" {
		_, id, err := readCursor(f.After)
		if err != nil {
			return nil, "", err
		}
		where, args = append(where, `l.id < ?`), append(args, id)
	}
	size := pageSize(f.Limit)
	rows, err := s.query(ctx, linkSelect+strings.Join(where, " AND ")+` ORDER BY l.id DESC LIMIT `+strconv.Itoa(size+1), args...)
	list, err := all(rows, err, scanLink)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(list) > size {
		list = list[:size]
		next = cursor(0, list[size-1].ID)
	}
	out, err := s.complete(ctx, by, list)
	return out, next, err
}
