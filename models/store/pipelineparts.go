package store

import (
	"context"

	"throughline/models"
)

const mostRunsIn = 200

// RunsIn are the training runs that were executed in a pipeline run, the newest
// first, as far as the principal sees them. A tracking server of its own names the
// pipeline run by its key alone.
func (s *Store) RunsIn(ctx context.Context, by models.Principal, pipelineRun models.Subject) ([]models.Subject, error) {
	see, args := sight(by)
	rows, err := s.query(ctx, subjectSelect+` WHERE s.kind = 'run' AND `+see+` AND s.id IN (SELECT l.from_id FROM links l JOIN subjects t ON t.id = l.to_id
 WHERE l.relation = 'executed_in' AND l.until_at = 0 AND t.kind = 'pipeline_run' AND t.key = ? AND (t.id = ? OR t.described = 0)) ORDER BY s.upstream_at DESC, s.id DESC LIMIT `+itoa(mostRunsIn),
		append(args, pipelineRun.Ref.Key, pipelineRun.ID)...)
	list, err := all(rows, err, scanSubject)
	return s.fresh(list), err
}

// PipelineOwners are who owns a pipeline by other runs of it: a person who was
// assigned to one run answers for the pipeline.
func (s *Store) PipelineOwners(ctx context.Context, l models.PipelineLine) (out []models.Owner, err error) {
	rows, err := s.query(ctx, ownerSelect+`o.subject_id <> ? AND o.subject_id IN (SELECT id FROM pipeline_runs WHERE integration_id = ? AND pipeline = ?) ORDER BY o.id`,
		l.Subject.ID, l.Subject.Ref.Integration, l.Pipeline)
	owners, err := all(rows, err, scanOwner)
	seen := map[string]bool{}
	for _, o := range owners {
		if !seen[o.Person+" "+o.As] {
			seen[o.Person+" "+o.As] = true
			out = append(out, o.Owner)
		}
	}
	return out, err
}
