package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"throughline/models"
	"throughline/models/search"
)

// PipelineFilter limits a list of pipeline runs, the newest start first.
type PipelineFilter struct {
	Text    string // the short grammar of search.PipelineFields
	Me      string // what @me stands for
	Project string // key
	System  string
	State   models.State
	After   string // cursor
	Limit   int    // 0: 50
}

const pipelineSelect = `SELECT s.id, s.kind, s.key, s.integration_id, s.title, s.url, s.state, s.raw, s.state_at, s.updated_at, i.source, i.name,
 r.system, r.pipeline, r.number, r.branch, r.actor_name, r.attempt, r.started_at, r.ended_at, r.steps, r.step, r.error, r.cause` + pipelineJoin

const pipelineJoin = ` FROM pipeline_runs r JOIN subjects s ON s.id = r.id JOIN integrations i ON i.id = r.integration_id`

// PipelineRuns lists the pipeline runs that the principal sees, with what their
// pipelines did before. A filter that can not be read is refused with a
// *search.Error, which says where.
func (s *Store) PipelineRuns(ctx context.Context, by models.Principal, f PipelineFilter) (list []models.PipelineLine, next string, err error) {
	sel, err := s.pipelineSelection(f)
	if err != nil {
		return nil, "", err
	}
	see, args := sight(by)
	sel.and(see, args...)
	limit := clampLimit(f.Limit)
	rows, err := s.query(ctx, pipelineSelect+` WHERE `+sel.Where+` ORDER BY r.started_at DESC, r.id DESC LIMIT ?`, append(sel.WhereArgs, limit+1)...)
	if list, err = all(rows, err, scanPipeline); err != nil {
		return nil, "", fmt.Errorf("list pipeline runs: %w", err)
	}
	if len(list) > limit {
		list = list[:limit]
		last := list[limit-1]
		next = itoa64(last.Started.UnixMilli()) + "." + itoa64(last.Subject.ID)
	}
	return list, next, s.dressPipelines(ctx, by, list)
}

func itoa64(n int64) string { return strconv.FormatInt(n, 10) }

func (s *Store) pipelineSelection(f PipelineFilter) (*filtered, error) {
	out := &filtered{dialect: s.dialect, selection: selection{Where: `1 = 1`}}
	words, err := search.PipelineFields.Words(f.Text, f.Me, s.now())
	if err != nil {
		return nil, err
	}
	for _, w := range words {
		if err := out.pipelineWord(w); err != nil {
			return nil, err
		}
	}
	if f.Project != "" {
		out.and(inProjectNamed, f.Project)
	}
	if f.System != "" {
		out.and(`r.system = ?`, f.System)
	}
	if f.State != "" {
		out.and(`r.state = ?`, f.State)
	}
	return out, out.afterPipeline(f.After)
}

// inProjectNamed is the condition that the subject of the row r is in a project.
const inProjectNamed = `EXISTS (SELECT 1 FROM project_subjects x JOIN projects p ON p.id = x.project_id WHERE x.subject_id = r.id AND p.key = ?)`

// afterPipeline goes on behind a cursor.
func (f *filtered) afterPipeline(cursor string) error {
	if cursor == "" {
		return nil
	}
	at, id, _ := strings.Cut(cursor, ".")
	ms, err1 := strconv.ParseInt(at, 10, 64)
	n, err2 := strconv.ParseInt(id, 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return models.FieldErrorf(models.Invalid, "after", "That is no cursor of this list.")
	}
	f.and(`(r.started_at < ? OR r.started_at = ? AND r.id < ?)`, ms, ms, n)
	return nil
}

func scanPipeline(r *sql.Rows, l *models.PipelineLine) error {
	s := &l.Subject
	err := r.Scan(&s.ID, &s.Ref.Kind, &s.Ref.Key, &s.Ref.Integration, &s.Title, &s.URL, &s.State, &s.Raw, scanTime{&s.StateAt}, scanTime{&s.UpdatedAt}, &s.Source, &s.Integration,
		&l.System, &l.Pipeline, &l.Number, &l.Branch, &l.Actor, &l.Attempt, scanTime{&l.Started}, scanTime{&l.Ended}, &l.Steps, &l.Step, &l.Error, &l.Cause)
	s.Described, l.Source = true, s.Source
	return err
}

// dressPipelines adds commits, claims and what the pipelines did before.
func (s *Store) dressPipelines(ctx context.Context, by models.Principal, list []models.PipelineLine) error {
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].Subject.ID
		list[i].Subject.Stale = s.stale(list[i].Subject)
	}
	commits, err := s.CommitsBehind(ctx, ids)
	if err != nil {
		return err
	}
	claims, err := s.ClaimsOf(ctx, ids...)
	if err != nil {
		return err
	}
	bars := map[pipelineKey][]models.PipelineBar{}
	for i := range list {
		l := &list[i]
		if l.Commit = commits[l.Subject.ID]; l.Claim == nil {
			l.Claim = claimOf(claims, l.Subject.ID)
		}
		if l.Before, err = s.barsOnce(ctx, by, bars, l); err != nil {
			return err
		}
	}
	return nil
}

func claimOf(claims map[int64]models.Claim, id int64) *models.Claim {
	if c, ok := claims[id]; ok {
		return &c
	}
	return nil
}

type pipelineKey struct {
	integration int64
	pipeline    string
}

func (s *Store) barsOnce(ctx context.Context, by models.Principal, known map[pipelineKey][]models.PipelineBar, l *models.PipelineLine) (_ []models.PipelineBar, err error) {
	key := pipelineKey{l.Subject.Ref.Integration, l.Pipeline}
	if _, ok := known[key]; !ok {
		if known[key], err = s.PipelineBars(ctx, by, key.integration, key.pipeline); err != nil {
			return nil, err
		}
	}
	return known[key], nil
}

const lastBars = 20

// PipelineBars are the last twenty runs of a pipeline that the principal sees, the
// oldest first.
func (s *Store) PipelineBars(ctx context.Context, by models.Principal, integration int64, pipeline string) ([]models.PipelineBar, error) {
	see, args := sight(by)
	rows, err := s.query(ctx, `SELECT s.key, r.number, r.state, r.started_at, r.took FROM pipeline_runs r JOIN subjects s ON s.id = r.id
 WHERE r.integration_id = ? AND r.pipeline = ? AND `+see+` ORDER BY r.started_at DESC, r.id DESC LIMIT `+itoa(lastBars), append([]any{integration, pipeline}, args...)...)
	list, err := all(rows, err, func(r *sql.Rows, b *models.PipelineBar) error {
		var took int64
		err := r.Scan(&b.Key, &b.Number, &b.State, scanTime{&b.Started}, &took)
		b.Took = time.Duration(took) * time.Millisecond
		return err
	})
	slices.Reverse(list)
	return list, err
}

// PipelineSystems are what runs the pipelines that the principal sees.
func (s *Store) PipelineSystems(ctx context.Context, by models.Principal) ([]string, error) {
	see, args := sight(by)
	rows, err := s.query(ctx, `SELECT DISTINCT r.system FROM pipeline_runs r JOIN subjects s ON s.id = r.id WHERE `+see+` ORDER BY r.system LIMIT 50`, args...)
	return all(rows, err, func(r *sql.Rows, name *string) error { return r.Scan(name) })
}
