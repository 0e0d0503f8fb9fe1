package store

import (
	"context"
	"fmt"
	"time"

	"throughline/models"
)

const (
	failuresSince = 14 * 24 * time.Hour
	mostFailures  = 300
)

// Failures are the pipelines whose last finished run failed, of those that the
// principal sees and of the last two weeks, grouped by cause. A pipeline fails on
// each branch by itself.
func (s *Store) Failures(ctx context.Context, by models.Principal, project string) ([]models.FailureGroup, error) {
	f := &filtered{dialect: s.dialect, selection: selection{Where: `r.state = 'failed' AND r.started_at > ?`, WhereArgs: []any{s.now().Add(-failuresSince).UnixMilli()}}}
	f.and(`NOT EXISTS (SELECT 1 FROM pipeline_runs n WHERE n.integration_id = r.integration_id AND n.pipeline = r.pipeline AND n.branch = r.branch
 AND n.state IN ('passed', 'warning', 'failed') AND (n.started_at > r.started_at OR n.started_at = r.started_at AND n.id > r.id))`)
	if project != "" {
		f.and(inProjectNamed, project)
	}
	see, args := sight(by)
	f.and(see, args...)
	rows, err := s.query(ctx, pipelineSelect+` WHERE `+f.Where+` ORDER BY r.started_at DESC, r.id DESC LIMIT `+itoa(mostFailures), f.WhereArgs...)
	list, err := all(rows, err, scanPipeline)
	if err != nil {
		return nil, fmt.Errorf("list failures: %w", err)
	}
	if err := s.dressPipelines(ctx, by, list); err != nil {
		return nil, err
	}
	return models.GroupFailures(list), nil
}

// PipelineLine is one pipeline run as lists show it; NotFound when nobody
// described it yet. Whether the caller may see it is the caller's business.
func (s *Store) PipelineLine(ctx context.Context, by models.Principal, subject int64) (models.PipelineLine, error) {
	rows, err := s.query(ctx, pipelineSelect+` WHERE r.id = ?`, subject)
	list, err := all(rows, err, scanPipeline)
	if err != nil {
		return models.PipelineLine{}, err
	}
	if len(list) == 0 {
		return models.PipelineLine{}, models.Errorf(models.NotFound, "Nobody told of this pipeline run yet.")
	}
	return list[0], s.dressPipelines(ctx, by, list)
}
