package handlers

import (
	"context"
	"net/http"
	"strings"
	"time"

	"throughline/models"
	"throughline/models/store"
)

func (h *Handlers) datasetOperations() []Route {
	at := "/datasets/{namespace}/{name}"
	return []Route{
		op(http.MethodGet, at, ofSubject(models.Viewer, datasetParam), "Read a dataset: owners, versions, schema, checks, what is before and behind it", h.readDataset),
		op(http.MethodGet, at+"/schema", ofSubject(models.Viewer, datasetParam), "Compare the columns of two versions of a dataset", h.compareSchemas),
		op(http.MethodGet, at+"/quality", ofSubject(models.Viewer, datasetParam), "List the results of a dataset's checks, the newest first", h.listQuality),
		op(http.MethodPut, at+"/freshness", ofSubject(models.Contributor, datasetParam), "Promise how often a new version comes", h.putFreshness),
	}
}

type datasetJSON struct {
	Namespace      string                           `json:"namespace"`
	Name           string                           `json:"name"`
	Description    string                           `json:"description,omitempty"`
	State          models.State                     `json:"state" doc:"fresh, late, failed or unknown"`
	Why            string                           `json:"why" doc:"The state's reason in words"`
	Owner          string                           `json:"owner,omitempty" doc:"The first of the owners; absent: nobody answers for it"`
	Owners         []ownerJSON                      `json:"owners"`
	Steward        string                           `json:"steward,omitempty"`
	Classification models.Classification            `json:"classification" doc:"Empty: nobody said"`
	LegalBasis     models.LegalBasis                `json:"legal_basis,omitempty"`
	Retention      models.Retention                 `json:"retention,omitempty"`
	Freshness      *freshnessJSON                   `json:"freshness,omitempty"`
	Versions       []datasetVersionJSON             `json:"versions" doc:"The newest first"`
	Schema         []models.Field                   `json:"schema"`
	Columns        map[string][]models.ColumnSource `json:"column_lineage"`
	Checks         []qualityJSON                    `json:"checks"`
	Upstream       []refJSON                        `json:"upstream" doc:"Datasets it is made from"`
	Downstream     []refJSON                        `json:"downstream" doc:"Datasets made from it"`
	Writers        []refJSON                        `json:"written_by" doc:"Pipeline runs, the newest first"`
	Readers        []refJSON                        `json:"read_by"`
	Runs           []refJSON                        `json:"used_by" doc:"Training runs and model versions"`
	Live           []refJSON                        `json:"live" doc:"Live deployments of models that use it, or what is made from it"`
	Changes        []changeJSON                     `json:"planned_changes"`
}

type freshnessJSON struct {
	Every string     `json:"every" doc:"A new version at least so often: 24h0m0s"`
	By    string     `json:"by"`
	Since *time.Time `json:"since"`
}

type datasetVersionJSON struct {
	Key    string         `json:"key"`
	Digest string         `json:"digest"`
	State  models.State   `json:"state,omitempty"`
	Taken  *time.Time     `json:"taken" doc:"When it was first heard of"`
	Rows   *int64         `json:"rows,omitempty"`
	Bytes  *int64         `json:"bytes,omitempty"`
	Schema []models.Field `json:"schema,omitempty"`
	Writer *refJSON       `json:"written_by,omitempty"`
	UsedBy []refJSON      `json:"used_by"`
}

type qualityJSON struct {
	Name     string       `json:"name"`
	Column   string       `json:"column,omitempty"`
	Source   string       `json:"source"`
	State    models.State `json:"state"`
	Value    string       `json:"value,omitempty"`
	Expected string       `json:"expected,omitempty"`
	Message  string       `json:"message,omitempty"`
	At       *time.Time   `json:"at"`
}

func (h *Handlers) readDataset(ctx context.Context, _ *InDataset) (*body[datasetJSON], error) {
	s := request(ctx).subject
	d, err := h.Store.DataSheet(ctx, actor(ctx), s)
	if err != nil {
		return nil, err
	}
	owners, err := h.Store.Owners(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	said, err := h.Store.GovernanceOf(ctx, []int64{s.ID})
	if err != nil {
		return nil, err
	}
	changes, err := h.Store.Changes(ctx, actor(ctx), store.ChangeFilter{Dataset: s.ID})
	if err != nil {
		return nil, err
	}
	return reply(datasetOf(d, owners, said[s.ID], changes)), nil
}

func datasetOf(d models.DataSheet, owners []models.Owner, g models.Governance, changes []models.DataChange) datasetJSON {
	namespace, name, _ := models.SplitDataset(d.Dataset.Ref.Key)
	out := datasetJSON{Namespace: namespace, Name: name, Description: d.Dataset.Text("description"), State: d.State, Why: d.Why, Owner: firstOwner(owners), Owners: each(owners, ownerOf),
		Steward: g.Steward, Classification: g.Classification, LegalBasis: g.LegalBasis, Retention: g.Retention, Versions: each(d.Versions, datasetVersionOf), Schema: orEmpty(d.Schema),
		Columns: d.Columns, Checks: each(d.Checks, checkOf), Upstream: refsOf(d.Upstream), Downstream: refsOf(d.Downstream), Writers: refsOf(d.Writers), Readers: refsOf(d.Readers),
		Runs: refsOf(d.Runs), Live: refsOf(d.Live), Changes: each(changes, changeOf)}
	if d.Freshness.Given() {
		out.Freshness = &freshnessJSON{Every: d.Freshness.Every.String(), By: d.Freshness.By, Since: when(d.Freshness.Since)}
	}
	return out
}

func firstOwner(owners []models.Owner) string {
	for _, o := range owners {
		if o.Counts() && o.As == "owner" {
			return o.Person
		}
	}
	return ""
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func refsOf(list []models.Subject) []refJSON {
	return each(list, func(s models.Subject) refJSON { return refOf(s.Ref) })
}

func datasetVersionOf(v models.DataVersion) datasetVersionJSON {
	out := datasetVersionJSON{Key: v.Subject.Ref.Key, Digest: v.Digest, State: v.Subject.State, Taken: when(v.Taken), Rows: v.Rows, Bytes: v.Bytes, Schema: v.Schema, UsedBy: refsOf(v.UsedBy)}
	if v.Writer != nil {
		ref := refOf(v.Writer.Ref)
		out.Writer = &ref
	}
	return out
}

func checkOf(c models.QualityCheck) qualityJSON {
	q := c.Last()
	return qualityJSON{Name: c.Name, Column: c.Column, Source: c.Source, State: q.State, Value: q.Value, Expected: q.Expected, Message: q.Message, At: when(q.At)}
}

type schemaDiff struct {
	From    string               `json:"from" doc:"Digest; empty: there is no older version with columns"`
	To      string               `json:"to"`
	Changes []models.FieldChange `json:"changes"`
}

func (h *Handlers) compareSchemas(ctx context.Context, in *struct {
	InDataset
	From string `query:"from" doc:"Digest of the older version; by default the last whose columns differ"`
	To   string `query:"to" doc:"Digest of the newer version; by default the newest"`
}) (*body[schemaDiff], error) {
	d, err := h.Store.DataSheet(ctx, actor(ctx), request(ctx).subject)
	if err != nil {
		return nil, err
	}
	from, to, err := models.SchemaPair(d.Versions, in.From, in.To)
	if err != nil {
		return nil, err
	}
	return reply(schemaDiff{From: from.Digest, To: to.Digest, Changes: orEmpty(models.DiffFields(from.Schema, to.Schema))}), nil
}

type resultList struct {
	Results []models.QualityResult `json:"results"`
	Next    string                 `json:"next,omitempty"`
}

func (h *Handlers) listQuality(ctx context.Context, in *struct {
	InDataset
	Check  string `query:"check" doc:"Name of a check"`
	Column string `query:"column"`
	After  string `query:"after"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}) (*body[resultList], error) {
	list, next, err := h.Store.QualityResults(ctx, request(ctx).subject.ID, store.QualityFilter{Name: in.Check, Column: in.Column, After: in.After, Limit: in.Limit})
	return reply(resultList{Results: orEmpty(list), Next: next}), err
}

func (h *Handlers) putFreshness(ctx context.Context, in *struct {
	InDataset
	Body struct {
		Every string `json:"every" doc:"A new version at least so often: 90m, 24h; empty takes the promise back"`
	}
}) (*body[datasetJSON], error) {
	every, err := readEvery(in.Body.Every)
	if err != nil {
		return nil, err
	}
	if err := h.Store.PromiseFreshness(ctx, actor(ctx), request(ctx).subject, every); err != nil {
		return nil, err
	}
	return h.readDataset(ctx, &in.InDataset)
}

// readEvery reads a length of time; 0 where none is given.
func readEvery(text string) (time.Duration, error) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, nil
	}
	every, err := time.ParseDuration(text)
	if err != nil || every <= 0 {
		return 0, models.FieldErrorf(models.Unprocessed, "every", "%q is no length of time; write it as 90m or 24h.", text)
	}
	return every, nil
}
