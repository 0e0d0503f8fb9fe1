package handlers

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

// dressPull adds what a pull request is reviewed by: its checks, what was built
// from it, its runs beside what is live.
func (h *Handlers) dressPull(c *gin.Context, p *views.SubjectPage) (err error) {
	ctx, by := c.Request.Context(), h.principal(c)
	p.Checks, p.Pull = h.headChecks(c, p.Subject), &views.PullPart{}
	if p.Pull.Change, err = h.Store.ChangeOf(ctx, by, p.Subject.ID); err != nil {
		return err
	}
	if p.Pull.Affected, err = h.Store.AffectedBy(ctx, by, p.Subject); err != nil {
		return err
	}
	p.Pull.Earlier = max(0, len(p.Pull.Change.Runs)-store.RunsCompared)
	p.Pull.Comparisons, err = h.Store.Comparisons(ctx, by, p.Subject.ID, p.Pull.Change.Runs)
	return err
}

// The same numbers in the API.

type comparisonList struct {
	Comparisons []comparisonJSON `json:"comparisons"`
}

type comparisonJSON struct {
	Experiment string          `json:"experiment,omitempty"`
	Champion   *contenderJSON  `json:"champion" doc:"Null where nothing is live of the runs' model"`
	Runs       []contenderJSON `json:"runs" doc:"The newest first, 5 at most"`
	Metrics    []metricRowJSON `json:"metrics"`
	Params     []paramRowJSON  `json:"params" doc:"Those that differ"`
	Datasets   []dataRowJSON   `json:"datasets"`
}

type contenderJSON struct {
	Run         SubjectJSON  `json:"run"`
	Version     *SubjectJSON `json:"version,omitempty" doc:"That came of the run"`
	Environment string       `json:"environment,omitempty" doc:"Where the champion is live; absent where it only carries the alias"`
	Own         bool         `json:"own,omitempty" doc:"The champion is of this pull request itself"`
	StartedAt   *time.Time   `json:"started_at,omitempty"`
}

type metricRowJSON struct {
	Name     string           `json:"name"`
	Better   models.Better    `json:"better,omitempty" enum:"higher,lower" doc:"Absent where the name does not tell"`
	Champion any              `json:"champion" doc:"A number, a word such as NaN, or null"`
	Runs     []metricCellJSON `json:"runs" doc:"In the order of the runs"`
}

type metricCellJSON struct {
	Value      any            `json:"value" doc:"A number, a word such as NaN, or null"`
	Difference *float64       `json:"difference" doc:"To the champion"`
	Verdict    models.Verdict `json:"verdict,omitempty" enum:"better,worse,same"`
}

type paramRowJSON struct {
	Name     string   `json:"name"`
	Champion string   `json:"champion"`
	Runs     []string `json:"runs"`
}

type dataRowJSON struct {
	Dataset  string          `json:"dataset"`
	Relation models.Relation `json:"relation"`
	Champion string          `json:"champion" doc:"The digest of the version; empty: none"`
	Runs     []string        `json:"runs"`
}

// comparePull sets a pull request's runs beside what is live.
func (h *Handlers) comparePull(ctx context.Context, _ *InSubject) (*body[comparisonList], error) {
	s, by := request(ctx).subject, actor(ctx)
	if s.Ref.Kind != models.PullRequest {
		return nil, models.FieldErrorf(models.Unprocessed, "kind", "Pull requests are compared, no %s.", s.Ref.Kind.Word())
	}
	change, err := h.Store.ChangeOf(ctx, by, s.ID)
	if err != nil {
		return nil, err
	}
	list, err := h.Store.Comparisons(ctx, by, s.ID, change.Runs)
	if err != nil {
		return nil, err
	}
	return reply(comparisonList{Comparisons: each(list, h.comparisonJSON)}), nil
}

func (h *Handlers) comparisonJSON(c models.Comparison) comparisonJSON {
	out := comparisonJSON{Experiment: c.Experiment, Runs: each(c.Runs, h.contenderJSON), Metrics: each(c.Metrics, metricRowOf),
		Params:   each(c.Params, func(r models.ParamRow) paramRowJSON { return paramRowJSON(r) }),
		Datasets: each(c.Datasets, func(r models.DatasetRow) dataRowJSON { return dataRowJSON(r) })}
	if c.Champion != nil {
		champion := h.contenderJSON(c.Champion.Contender)
		champion.Environment, champion.Own, out.Champion = c.Champion.Environment, c.Champion.Own, &champion
	}
	return out
}

func (h *Handlers) contenderJSON(c models.Contender) contenderJSON {
	out := contenderJSON{Run: h.subjectJSON(c.Run)}
	if at, err := time.Parse(time.RFC3339, c.Run.Text("started_at")); err == nil {
		out.StartedAt = when(at)
	}
	if c.Version != nil {
		v := h.subjectJSON(*c.Version)
		out.Version = &v
	}
	return out
}

func metricRowOf(r models.MetricRow) metricRowJSON {
	out := metricRowJSON{Name: r.Name, Better: r.Better, Champion: figureOf(r.Champion), Runs: make([]metricCellJSON, len(r.Runs))}
	for n, f := range r.Runs {
		out.Runs[n].Value = figureOf(f)
		if difference, verdict, ok := r.Against(n); ok {
			out.Runs[n].Difference, out.Runs[n].Verdict = &difference, verdict
		}
	}
	return out
}

func figureOf(f models.Figure) any {
	switch {
	case !f.Known:
		return nil
	case f.Text != "":
		return f.Text
	}
	return f.Value
}
