package models

import (
	"slices"
	"time"
)

// Batch is what one delivery or one poll says, in our words. It never says whom
// it is from: the store stamps integration and project (architecture.md).
// Applying the same batches in any order, any number of times, gives one state.
type Batch struct {
	Descriptions []Description
	Cards        []CardText // model cards, as text
	Cursor       string     // polls only: where the next poll starts; saved in the same transaction

	Progress     *Progress        // polls only: how far the import is; nil says nothing
	Repositories []RepositorySync // polls only: how the repositories fare, those that changed
	Problem      string           // polls only: what does not work, although the poll went well
	Past         time.Time        // polls only: what was over before makes no card of its own; zero: all do
}

// Description is what a source says about one subject at one moment. Empty
// fields are not said and change nothing.
type Description struct {
	Ref     Ref       // Kind and Key; Integration is stamped by the store
	At      time.Time // the upstream's time of this description, UTC; zero means the time of receipt
	Attempt int       // re-runs: 1, 2, …
	Title   string
	URL     string // the upstream's own page; http or https
	State   State
	Raw     string          // the upstream's own word for the state
	StateAt time.Time       // when the state was reached; zero means At
	Facts   map[string]any  // JSON values by name; nil removes. Each name is merged by itself, the later fact wins
	Whole   []string        `json:",omitempty"` // beginnings of names ("tag."), up to a dot or a colon: of those, Facts holds all there are, others are gone
	Points  []Metric        `json:"-"`          // runs only: values of metrics that Facts names, with their time and step
	Keep    bool            `json:",omitempty"` // runs only: the source keeps no history, so Points are it
	Links   []LinkTo        // from this subject
	Owners  []OwnerClaim    // declared by the source
	Text    string          // further words that search finds
	Quality []QualityResult `json:",omitempty"` // checks of this data or model; each result is kept beside those before

	// The event and the integration that said it; stamped by the store.
	Event  string `json:",omitempty"`
	Source string `json:",omitempty"`
}

// LinkTo is one edge from the described subject.
type LinkTo struct {
	Relation Relation
	To       Ref
	Evidence Evidence // empty means Declared
}

// OwnerClaim is a source's word that somebody owns the described subject.
type OwnerClaim struct {
	Person string // e-mail, login or team
	As     string // owner, deputy, steward, on-call; empty means owner
}

// CardText is a model card as a source posted it.
type CardText struct {
	Model    string
	Version  string // the one version it is about, or empty for the whole model
	Markdown string
	At       time.Time
	Problems []Problem // what is wrong with the front matter; the text is kept all the same
}

// Problem is one thing wrong with a text, and where.
type Problem struct {
	Line    int    `json:"line"` // from 1; 0 when it is about the whole text
	Message string `json:"message"`
}

// Relation is what a link says (decisions.md §3, from → to).
type Relation string

// The relations.
const (
	Deploys     Relation = "deploys"      // deployment → model version or commit
	VersionOf   Relation = "version_of"   // model version → model, dataset version → dataset
	ProducedBy  Relation = "produced_by"  // model version → run; model version, image → pipeline run
	BuiltFrom   Relation = "built_from"   // run, pipeline run, image, model version → commit
	PackagedIn  Relation = "packaged_in"  // model version → image
	Reads       Relation = "reads"        // pipeline run → dataset version, dataset
	Writes      Relation = "writes"       // pipeline run → dataset version, dataset
	MergedAs    Relation = "merged_as"    // pull request → commit
	Contains    Relation = "contains"     // pull request → commit
	TrainedOn   Relation = "trained_on"   // run → dataset version
	EvaluatedOn Relation = "evaluated_on" // run → dataset version
	DerivedFrom Relation = "derived_from" // dataset version → dataset version, model version → model version
	ExecutedIn  Relation = "executed_in"  // run → pipeline run
	PlacedBy    Relation = "placed_by"    // deployment → pipeline run
	Affects     Relation = "affects"      // breach → deployment
	Mentions    Relation = "mentions"     // anything → anything
)

// Relations lists them all.
var Relations = []Relation{Deploys, VersionOf, ProducedBy, BuiltFrom, PackagedIn, MergedAs, Contains, TrainedOn,
	EvaluatedOn, Reads, Writes, DerivedFrom, ExecutedIn, PlacedBy, Affects, Mentions}

// ends are the kinds that each relation joins (decisions.md §3); a relation that
// is not listed joins anything.
var ends = map[Relation]struct{ from, to []Kind }{
	Deploys:     {[]Kind{Deployment}, []Kind{ModelVersion, Commit, Image}},
	VersionOf:   {[]Kind{ModelVersion, DatasetVersion}, []Kind{Model, Dataset}},
	ProducedBy:  {[]Kind{ModelVersion, Image}, []Kind{Run, PipelineRun}},
	PackagedIn:  {[]Kind{ModelVersion}, []Kind{Image}},
	Reads:       {[]Kind{PipelineRun}, []Kind{DatasetVersion, Dataset}},
	Writes:      {[]Kind{PipelineRun}, []Kind{DatasetVersion, Dataset}},
	BuiltFrom:   {[]Kind{Run, PipelineRun, Image, ModelVersion}, []Kind{Commit}},
	MergedAs:    {[]Kind{PullRequest}, []Kind{Commit}},
	Contains:    {[]Kind{PullRequest}, []Kind{Commit}},
	TrainedOn:   {[]Kind{Run, ModelVersion}, []Kind{DatasetVersion}},
	EvaluatedOn: {[]Kind{Run, ModelVersion}, []Kind{DatasetVersion}},
	DerivedFrom: {[]Kind{DatasetVersion, ModelVersion, Model, Dataset}, []Kind{DatasetVersion, ModelVersion, Model, Dataset}},
	ExecutedIn:  {[]Kind{Run}, []Kind{PipelineRun}},
	PlacedBy:    {[]Kind{Deployment}, []Kind{PipelineRun}},
	Affects:     {[]Kind{Breach}, []Kind{Deployment}},
}

// Joins tells whether the relation may lead from one kind to the other.
func (r Relation) Joins(from, to Kind) bool {
	e, listed := ends[r]
	return !listed || slices.Contains(e.from, from) && slices.Contains(e.to, to)
}

// Additive tells whether links of the relation from a subject of the kind only
// grow: a pull request goes on containing the commits that earlier events named,
// a pipeline run having read what it read. Of the others, what a source says last
// replaces what it said before.
func (r Relation) Additive(from Kind) bool {
	switch r {
	case Contains, Mentions, Reads, Writes:
		return true
	}
	return r == DerivedFrom && (from == DatasetVersion || from == Dataset)
}

// Word is the relation as pages write it: "built from".
func (r Relation) Word() string {
	out := []byte(r)
	for i, c := range out {
		if c == '_' {
			out[i] = ' '
		}
	}
	return string(out)
}

// Evidence says how well a link or an owner is established.
type Evidence string

// The levels of evidence.
const (
	Verified Evidence = "verified" // a digest was recomputed, or the sender proved who it is
	Declared Evidence = "declared" // somebody said so
	Missing  Evidence = "missing"  // nobody said so yet
)
