package handlers

import (
	"context"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/store"
)

// logged is the project's space with a run logged to it.
func (w *writer) logged() (store.Space, string) {
	ctx := context.Background()
	sp, err := w.store.Space(ctx, w.project, true)
	require.NoError(w.t, err)
	*w.made++
	r, err := w.store.CreateRun(ctx, system, sp, store.NewRun{Key: fmt.Sprintf("%032d", *w.made), Name: "logged", Started: 1})
	require.NoError(w.t, err)
	return sp, r.Key
}

// version is the page of a version in the project's registry.
func (w *writer) version() string {
	ctx := context.Background()
	sp, run := w.logged()
	name := w.name()
	_, err := w.store.CreateRegisteredModel(ctx, system, sp, models.RegisteredModel{Name: name})
	require.NoError(w.t, err)
	_, err = w.store.CreateModelVersion(ctx, system, sp, store.NewVersion{Model: name, Source: "runs:/" + run + "/model", Run: run})
	require.NoError(w.t, err)
	return "/models/" + name + "/versions/1"
}

// failed is a pipeline run that failed, claimed or not.
func (w *writer) failed(claimed bool) string {
	w.t.Helper()
	key := w.name()
	a := w.ask("seed", "POST", "/hooks/cloudevents/mine", cloudEvent(key, "pipeline_run.finished", `{"id":"`+key+`","pipeline":"train","state":"failed"}`), "Content-Type", ceType)
	require.Equal(w.t, 202, a.status, a.body)
	s, err := w.store.Find(context.Background(), w.boss(), models.Ref{Kind: models.PipelineRun, Key: key})
	require.NoError(w.t, err)
	if claimed {
		require.NoError(w.t, w.store.Claim(context.Background(), w.boss(), "", s.ID))
	}
	return "/subjects/pipeline_run/" + key
}

// change is an announced change of the data behind churn, which is live.
func (w *writer) change(path string) string {
	w.t.Helper()
	ctx := context.Background()
	clicks, err := w.store.Find(ctx, w.boss(), models.Ref{Kind: models.Dataset, Key: "s3/clicks"})
	require.NoError(w.t, err)
	id, err := w.store.AnnounceChange(ctx, w.boss(), clicks, models.DataChange{Kind: "other", On: time.Now().AddDate(1, 0, 0)})
	require.NoError(w.t, err)
	return fmt.Sprintf(path, id)
}
