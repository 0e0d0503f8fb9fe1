package store

import (
	"context"
	"database/sql"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// Each result stands beside those before, whatever the order they come in; the same
// one told twice, or differently for one moment, is one.
func TestResultsOfChecksAreKeptInAnyOrder(t *testing.T) {
	told := []models.QualityResult{
		{Name: "not_null", Column: "amount", State: models.Failed, At: day(1)},
		{Name: "not_null", Column: "amount", State: models.Passed, At: day(2)},
		{Name: "not_null", Column: "amount", State: models.Failed, At: day(2)},
		{Name: "row_count", State: models.Passed, Value: "12", At: day(2)},
	}
	both(t, func(t *testing.T, s *Store) {
		h := newHub(t, s)
		seen := map[string][]string{}
		for _, dataset := range []string{"s3://lake/a", "s3://lake/b"} {
			for i := range told {
				q := told[i]
				if dataset == "s3://lake/b" {
					q = told[len(told)-1-i]
				}
				h.apply("cloudevents", dataset+strconv.Itoa(i), models.Description{Ref: ref(models.Dataset, dataset), At: q.At, Quality: []models.QualityResult{q}})
			}
			rows, err := s.query(context.Background(), `SELECT q.name || ' ' || q.state || ' ' || q.checked_at FROM quality_results q JOIN subjects s ON s.id = q.subject_id WHERE s.key = ? ORDER BY q.checked_at, q.name`, dataset)
			seen[dataset], err = all(rows, err, func(r *sql.Rows, line *string) error { return r.Scan(line) })
			require.NoError(t, err)
		}
		require.Len(t, seen["s3://lake/a"], 3)
		require.Equal(t, seen["s3://lake/a"], seen["s3://lake/b"])
	})
}
