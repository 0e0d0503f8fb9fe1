package handlers

import (
	"context"
	"fmt"

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
