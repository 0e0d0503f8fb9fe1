package integrations

import (
	"context"

	"throughline/models"
)

// Historian is a source that keeps the history of its runs' metrics, and is asked
// for it when somebody looks.
type Historian interface {
	// History is a page of a metric's points, in the upstream's order. token is
	// empty at first, next at the end.
	History(ctx context.Context, a Account, run, metric, token string) (points []models.Point, next string, err error)
}
