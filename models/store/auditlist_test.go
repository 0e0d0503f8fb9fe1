package store

import (
	"context"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/chain"
)

func (s *Store) audited(t *testing.T, f AuditFilter) (actions []string) {
	t.Helper()
	list, _, err := s.Audit(context.Background(), admin, f)
	require.NoError(t, err)
	for _, a := range list {
		actions = append(actions, a.Action)
	}
	return actions
}

func TestTheRecordIsFiltered(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		h := newHub(t, s)
		account, err := s.CreatePerson(ctx, admin, NewPerson{Email: "dana@example.com", Name: "Dana Okafor", Password: "a long enough password"})
		require.NoError(t, err)
		dana := models.Principal{PersonID: account.ID, Name: account.Name, Hub: models.Administrator}
		other, err := s.CreateProject(ctx, dana, "OTHER", "100% sure_thing")
		require.NoError(t, err)
		h.tell(names())
		all := s.audited(t, AuditFilter{Limit: 200})
		require.Greater(t, len(all), 10)
		for name, c := range map[string]struct {
			f    AuditFilter
			want int
		}{
			"a person":          {AuditFilter{Who: dana.Actor()}, 1},
			"another person":    {AuditFilter{Who: "person:33"}, 0},
			"people":            {AuditFilter{Who: "person"}, 1},
			"a name":            {AuditFilter{Who: "okafor"}, 1},
			"no name":           {AuditFilter{Who: "okaf%r"}, 0},
			"an action":         {AuditFilter{Action: "project.created"}, 2},
			"actions of a kind": {AuditFilter{Action: "project.*"}, 2},
			"no such kind":      {AuditFilter{Action: "projec.*"}, 0},
			"a project":         {AuditFilter{Project: "other"}, 1},
			"within a project":  {AuditFilter{ProjectID: other.ID}, 1},
			"not without":       {AuditFilter{ProjectID: other.ID, Project: "FRAUD"}, 0},
			"no project":        {AuditFilter{Project: "-"}, 1},
			"words":             {AuditFilter{Text: "100% SURE_"}, 1},
			"no words":          {AuditFilter{Text: "100% sure-"}, 0},
			"a subject":         {AuditFilter{Subject: ref(models.Model, "nobody")}, 0},
			"later":             {AuditFilter{From: time.Now().Add(time.Hour)}, 0},
			"earlier":           {AuditFilter{To: time.Now().Add(-time.Hour)}, 0},
			"now":               {AuditFilter{From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour), Limit: 200}, len(all)},
		} {
			require.Len(t, s.audited(t, c.f), c.want, name)
		}
		require.NotEmpty(t, s.audited(t, AuditFilter{Subject: ref(models.ModelVersion, "fraud-score/1")}))
		actions, err := s.Actions(ctx)
		require.NoError(t, err)
		require.Contains(t, actions, "project.created")
		require.IsIncreasing(t, actions)
	})
}

func TestTheRecordIsPaged(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		busyHub(t, s)
		var got []int64
		for before := int64(0); ; {
			list, next, err := s.Audit(context.Background(), admin, AuditFilter{Before: before, Limit: 4, To: time.Now().Add(time.Hour)})
			require.NoError(t, err)
			for _, a := range list {
				got = append(got, a.Seq)
			}
			if before = next; next == 0 {
				break
			}
		}
		last, err := s.Seq(context.Background())
		require.NoError(t, err)
		require.Len(t, got, int(last))
		require.IsDecreasing(t, got)
	})
}

// Row 56: an export is on record, before its first byte and exactly once. Row 32:
// no cell is a formula.
func TestAnExportIsOnRecordAndWhole(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		busyHub(t, s)
		a, err := s.CreatePerson(ctx, admin, NewPerson{Email: "eve@example.com", Name: `=HYPERLINK("http://evil.test")`})
		require.NoError(t, err)
		evil := models.Principal{PersonID: a.ID, Name: a.Name, Hub: models.Administrator}
		_, err = s.CreateProject(ctx, evil, "EVIL", "<b>&\u2028")
		require.NoError(t, err)
		last, err := s.Seq(ctx)
		require.NoError(t, err)
		e, err := s.ExportAudit(ctx, admin, AuditFilter{}, "jsonl")
		require.NoError(t, err)
		require.Equal(t, last, e.Rows)
		now, err := s.Seq(ctx)
		require.NoError(t, err)
		require.Equal(t, last+1, now, "on record before the first byte")
		var lines strings.Builder
		require.NoError(t, e.Write(ctx, &lines))
		found, err := chain.CheckFile(strings.NewReader(lines.String()))
		require.NoError(t, err)
		require.Nil(t, found.Break)
		require.Equal(t, last, found.Rows)

		e, err = s.ExportAudit(ctx, admin, AuditFilter{Who: "hyperlink", Text: "x@example.com"}, "csv")
		require.NoError(t, err)
		require.Zero(t, e.Rows)
		e, err = s.ExportAudit(ctx, admin, AuditFilter{Who: "hyperlink"}, "csv")
		require.NoError(t, err)
		var table strings.Builder
		require.NoError(t, e.Write(ctx, &table))
		rows, err := csv.NewReader(strings.NewReader(table.String())).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 2)
		require.Empty(t, rows[1][3], "the row itself has the person's number alone")
		require.Equal(t, "'"+evil.Name, rows[1][12])
		on, _, err := s.Audit(ctx, admin, AuditFilter{Action: "audit.exported"})
		require.NoError(t, err)
		require.Len(t, on, 3)
		require.NotContains(t, on[1].Row.Detail, "example.com", "no address")
		_, err = s.ExportAudit(ctx, admin, AuditFilter{}, "xlsx")
		require.Error(t, err)
	})
}

func TestTheGuardFindsWhatHappensAfterItsCheck(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		require.True(t, s.Chain().At.IsZero())
		busyHub(t, s)
		require.NoError(t, s.guardOnce(ctx))
		first := s.Chain()
		require.Nil(t, first.Break)
		require.Positive(t, first.Upto)
		redactRows(t, s, "Former member 3", 4)
		require.NoError(t, s.guardOnce(ctx))
		require.Equal(t, first.Upto+1, s.Chain().Upto)
		again := s.keepRows(t)
		s.tamper(t, "UPDATE activity SET by_name = 'Eve' WHERE seq = ?", first.Upto+1)
		redactRows(t, s, "nobody")
		require.NoError(t, s.guardOnce(ctx))
		require.Nil(t, s.Chain().Break, "old rows wait for the next whole check")
		s.guard.whole = time.Time{}
		require.NoError(t, s.guardOnce(ctx))
		require.Equal(t, first.Upto+1, s.Chain().Break.Row.Seq)
		again()
		require.NoError(t, s.guardOnce(ctx))
		require.NotNil(t, s.Chain().Break, "the row after the kept ones is gone")
	})
}

// Somebody cuts the tail and sets the head back as well: the guard has seen it.
func TestTheGuardRemembersTheHead(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		busyHub(t, s)
		require.NoError(t, s.guardOnce(ctx))
		upto := s.Chain().Upto
		s.tamper(t, "DELETE FROM activity WHERE seq > ?", upto-3)
		s.tamper(t, "UPDATE hub SET value = (SELECT MAX(seq) || ':' || (SELECT hash FROM activity ORDER BY seq DESC LIMIT 1) FROM activity) WHERE name = 'activity.head'")
		require.Nil(t, brokenAt(t, s), "the database alone can not tell")
		require.NoError(t, s.guardOnce(ctx))
		require.NotNil(t, s.Chain().Break)
		require.Equal(t, chain.CutOff, s.Chain().Break.Problem)
	})
}
