package handlers

import (
	"context"
	"net/http"
	"time"

	"throughline/models"
)

func (h *Handlers) governanceOperations() []Route {
	path := "/datasets/{namespace}/{name}/governance"
	return []Route{
		op(http.MethodGet, path, ofSubject(models.Viewer, datasetParam), "Read what a dataset's data is: classification, legal basis, retention", h.readGovernance),
		op(http.MethodPut, path, ofSubject(models.Contributor, datasetParam), "Say what a dataset's data is", h.putGovernance),
	}
}

// InDataset is a dataset in the path.
type InDataset struct {
	Namespace string `path:"namespace" doc:"Percent-encoded, such as s3%3A%2F%2Flake"`
	Name      string `path:"name" doc:"Percent-encoded"`
}

type governanceJSON struct {
	Classification models.Classification `json:"classification" doc:"Empty: nobody said"`
	LegalBasis     models.LegalBasis     `json:"legal_basis" doc:"GDPR Art. 6(1); empty: none given"`
	Purpose        string                `json:"purpose"`
	Retention      models.Retention      `json:"retention" doc:"A period such as P2Y; empty: not said"`
	Steward        string                `json:"steward"`
	Evidence       models.Evidence       `json:"evidence"`
	By             string                `json:"by,omitempty"`
	Since          *time.Time            `json:"since,omitempty"`
	Until          *time.Time            `json:"until,omitempty"`
	ReviewedBy     string                `json:"reviewed_by,omitempty"`
	ReviewedAt     *time.Time            `json:"reviewed_at,omitempty"`
}

func governanceJSONOf(g models.Governance) governanceJSON {
	out := governanceJSON{Classification: g.Classification, LegalBasis: g.LegalBasis, Purpose: g.Purpose, Retention: g.Retention, Steward: g.Steward,
		Evidence: g.Evidence, By: g.By, Since: when(g.Since), Until: when(g.Until), ReviewedBy: g.ReviewedBy, ReviewedAt: when(g.ReviewedAt)}
	if !g.Given() {
		out.Evidence = models.Missing
	}
	return out
}

type warningJSON struct {
	Problem string  `json:"problem" doc:"legal_basis, retention, retention_ended"`
	Dataset refJSON `json:"dataset"`
	Message string  `json:"message"`
	Who     string  `json:"who" doc:"Who can mend it"`
}

func warningOf(w models.DataWarning) warningJSON {
	return warningJSON{Problem: w.Problem, Dataset: refOf(w.Dataset), Message: w.Message, Who: w.Who}
}

type governanceFull struct {
	governanceJSON
	Warnings []warningJSON     `json:"warnings"`
	Versions []dataVersionJSON `json:"versions" doc:"Until when each may be kept"`
	History  []governanceJSON  `json:"history" doc:"What was said before, newest first"`
}

type dataVersionJSON struct {
	Key   string     `json:"key"`
	Taken *time.Time `json:"taken" doc:"When it was first heard of"`
	Until *time.Time `json:"until,omitempty" doc:"Absent: nobody said for how long"`
	Ended bool       `json:"ended"`
}

func (h *Handlers) readGovernance(ctx context.Context, _ *InDataset) (*body[governanceFull], error) {
	return h.governance(ctx, request(ctx).subject)
}

func (h *Handlers) governance(ctx context.Context, s models.Subject) (*body[governanceFull], error) {
	list, err := h.Store.GovernanceHistory(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	now := models.Governance{}
	if len(list) > 0 && list[0].Until.IsZero() {
		now, list = list[0], list[1:]
	}
	out := governanceFull{governanceJSON: governanceJSONOf(now), Warnings: each(now.Warnings(s.Ref), warningOf), History: each(list, governanceJSONOf), Versions: []dataVersionJSON{}}
	_, in, err := h.Store.Links(ctx, actor(ctx), s.ID)
	if err != nil {
		return nil, err
	}
	versions := versionsAmong(together(in))
	taken, err := h.Store.VersionTimes(ctx, ids(versions))
	for _, v := range versions {
		one, warning := dataVersion(now, v, taken[v.ID], h.Now())
		out.Versions = append(out.Versions, dataVersionJSON{Key: v.Ref.Key, Taken: when(one.Taken), Until: when(one.End), Ended: one.Ended})
		if one.Ended {
			out.Warnings = append(out.Warnings, warningOf(warning))
		}
	}
	return reply(out), err
}

func (h *Handlers) putGovernance(ctx context.Context, in *struct {
	InDataset
	Body struct {
		Classification models.Classification `json:"classification" enum:",public,internal,confidential,personal,special_category"`
		LegalBasis     models.LegalBasis     `json:"legal_basis,omitempty" enum:",consent,contract,legal_obligation,vital_interests,public_task,legitimate_interests"`
		Purpose        string                `json:"purpose,omitempty" maxLength:"4000"`
		Retention      string                `json:"retention,omitempty" doc:"P90D, P6W, P18M or P2Y"`
		Steward        string                `json:"steward,omitempty" maxLength:"200" doc:"E-mail, login or team"`
		Reviewed       bool                  `json:"reviewed,omitempty" doc:"You looked all of it over now"`
	}
}) (*body[governanceFull], error) {
	g := models.Governance{Classification: in.Body.Classification, LegalBasis: in.Body.LegalBasis, Purpose: in.Body.Purpose,
		Retention: models.Retention(in.Body.Retention), Steward: in.Body.Steward}
	if err := h.Store.SetGovernance(ctx, actor(ctx), request(ctx).subject.Ref, g, in.Body.Reviewed); err != nil {
		return nil, err
	}
	return h.governance(ctx, request(ctx).subject)
}
