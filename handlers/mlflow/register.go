package mlflow

import (
	"context"
	"strings"
	"unicode/utf8"

	"throughline/models"
	"throughline/models/store"
)

// ValidAlias refuses what is no alias, in MLflow's words: the pages ask, too.
func ValidAlias(alias string) error {
	switch {
	case alias == "" || !aliasName.MatchString(alias):
		return models.Errorf(models.Invalid, "An alias is letters, digits, underscores and dashes, not %q.", short(alias))
	case utf8.RuneCountInString(alias) > maxAlias:
		return models.Errorf(models.Invalid, "An alias has at most %d characters.", maxAlias)
	case strings.EqualFold(alias, "latest") || reservedAlias.MatchString(alias):
		return models.Errorf(models.Invalid, "%q is reserved; choose another alias.", alias)
	}
	return nil
}

// Register makes the next version of a model from what a run logged, and the model
// where there is none of that name. It returns the version's number.
func (a *API) Register(ctx context.Context, by models.Principal, sp store.Space, name, source, run string) (int64, error) {
	if err := validModelName("model", name); err != nil {
		return 0, err
	}
	_, err := a.Store.CreateRegisteredModel(ctx, by, sp, models.RegisteredModel{Name: name})
	if err != nil && models.CodeOf(err) != models.Conflict {
		return 0, err
	}
	v, err := a.Store.CreateModelVersion(ctx, by, sp, store.NewVersion{Model: name, Source: source, Run: run})
	return v.Version, err
}
