package store

import (
	"context"
	"strconv"
	"strings"

	"throughline/models"
)

// RunOf is the run behind a subject; NotFound when the subject is a mere mention.
// Whether the caller may see it is the caller's business.
func (s *Store) RunOf(ctx context.Context, subject int64) (models.TrackedRun, error) {
	list, err := s.trackedRuns(ctx, `r.id = ?`, subject)
	if err != nil {
		return models.TrackedRun{}, err
	}
	if len(list) == 0 {
		return models.TrackedRun{}, models.Errorf(models.NotFound, "Nothing was logged to this run.")
	}
	return list[0], nil
}

// LoggedBy is the name of who logged a run: of the token, or of the person behind a
// session. Empty where no one did here.
func (s *Store) LoggedBy(ctx context.Context, r models.TrackedRun) (string, error) {
	kind, id, _ := strings.Cut(r.Actor, ":")
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || kind != "person" {
		return r.ByName, nil
	}
	var name string
	err = s.row(ctx, `SELECT name FROM people WHERE id = ?`, []any{n}, &name)
	return name, err
}

const mostChildren = 200

// RunFamily are the run that a run is nested in, and those nested in it, the newest
// first, as far as the principal sees them.
func (s *Store) RunFamily(ctx context.Context, by models.Principal, r models.TrackedRun) (parent *models.Subject, children []models.Subject, err error) {
	if key := r.Tag("mlflow.parentRunId"); key != "" {
		found, err := s.Find(ctx, by, models.Ref{Kind: models.Run, Key: key, Integration: r.Integration})
		if err == nil {
			parent = &found
		}
	}
	see, args := sight(by)
	rows, err := s.query(ctx, subjectSelect+` JOIN runs r ON r.id = s.id JOIN run_tags t ON t.run_id = r.id AND t.key = 'mlflow.parentRunId'
 WHERE t.value = ? AND r.integration_id = ? AND r.lifecycle = 'active' AND `+see+` ORDER BY r.started_at DESC, r.id DESC LIMIT `+itoa(mostChildren), append([]any{r.Key, r.Integration}, args...)...)
	list, err := all(rows, err, scanSubject)
	return parent, s.fresh(list), err
}
