// Package tfx reads the pipelines that TFX, and Kubeflow Pipelines beside it,
// record in ML Metadata: runs with their steps, the examples they read, the models
// they made, whether these were blessed, and where they were pushed to.
//
// The store is asked and never written to: its database (SQLite, PostgreSQL,
// MySQL) in read-only transactions, or its server by gRPC. The tables are those of
// schema version 10 (google/ml-metadata, metadata_source query config), the
// messages those of ml_metadata/proto/metadata_store.proto; what TFX puts into them
// follows tensorflow/tfx, tfx/orchestration/portable/mlmd and tfx/types.
//
// # Keys and times
//
// A pipeline run is "<pipeline>/<run>", a model version "<pipeline>/<artifact id>".
// Whatever is read of a run is told at the newest update of what it consists of, so
// reading it again says nothing new, and a later read stands above an earlier one.
package tfx

import (
	"context"
	"time"

	"throughline/integrations"
	"throughline/integrations/fetch"
	"throughline/models"
)

// Source reads ML Metadata.
type Source struct {
	out    *fetch.Client
	folder string // of the SQLite files that may be read; empty: none
}

// New makes the source. Servers are asked by out's guarded connections; SQLite
// files are read below folder alone, and nowhere when it is empty.
func New(out *fetch.Client, folder string) *Source { return &Source{out: out, folder: folder} }

// About describes the source.
func (s *Source) About() integrations.About {
	return integrations.About{
		Name: "tfx", Title: "TFX / ML Metadata",
		Summary: "Pipeline runs, examples, models, blessings and pushes that TFX recorded in ML Metadata.",
		Settings: []integrations.Setting{
			{Name: "store", Label: "Metadata store", Required: true,
				Help: "grpc://HOST:8080, postgres://HOST:5432/DATABASE, mysql://HOST:3306/DATABASE, or sqlite:FILE below the folder that the operator allows."},
			{Name: "username", Label: "User name", Help: "Of the database. An account that may only read will do."},
			{Name: "password", Label: "Password", Secret: true},
			{Name: "encryption", Label: "Encryption", Default: "prefer", Help: "Of the connection to a database.",
				Options: []integrations.Option{{Value: "prefer", Label: "If the server can"}, {Value: "verify", Label: "Always, and check whose the server is"}, {Value: "off", Label: "Never"}}},
			{Name: "environment", Label: "Environment", Default: "production", Help: "Where pushed models are live."},
		},
	}
}

// Every is the pause between polls.
func (s *Source) Every() time.Duration { return time.Minute }

// Valid refuses settings that can never work.
func (s *Source) Valid(a integrations.Account) error {
	_, err := s.address(a)
	return err
}

// Check opens the store and looks at its version.
func (s *Source) Check(ctx context.Context, a integrations.Account) error {
	st, err := s.open(ctx, a)
	if err != nil {
		return err
	}
	defer st.close()
	return nil
}

// runsAtOnce is how many runs one poll tells of.
const runsAtOnce = 25

// Poll tells of the runs in which anything changed since the cursor.
func (s *Source) Poll(ctx context.Context, a integrations.Account, saved string) (models.Batch, bool, error) {
	cur := readCursor(saved)
	st, err := s.open(ctx, a)
	if err != nil {
		return models.Batch{}, false, err
	}
	defer st.close()
	changed, err := st.changed(ctx, cur.since(), changesAtOnce)
	if err != nil {
		return models.Batch{}, false, err
	}
	r := reading{store: st, environment: orElse(a.Get("environment"), "production")}
	taken, err := r.tell(ctx, changed)
	if err != nil {
		return models.Batch{}, false, err
	}
	more := taken < len(changed) || len(changed) == changesAtOnce
	r.batch.Cursor = cur.after(changed[:taken], more).String()
	return r.batch, more, nil
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
