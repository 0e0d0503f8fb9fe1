package mlflow

import (
	"context"
	"errors"
	"slices"
	"strings"

	"throughline/models"
)

// registry reads registered models and their versions. A version does not show
// when an alias is moved, so all models are read in turns, and the versions of
// the models that changed.
func (r *reading) registry(ctx context.Context) error {
	changed, err := r.tellModels(ctx)
	if noRegistry(err) {
		r.cur.Models.Done, r.cur.Versions.Done = true, true
		return nil
	}
	if err != nil {
		return err
	}
	for _, name := range changed {
		if err := r.tellVersionsOf(ctx, name); err != nil {
			return err
		}
	}
	return r.tellVersions(ctx)
}

// noRegistry tells of servers without a model registry.
func noRegistry(err error) bool {
	var r *refused
	return errors.As(err, &r) && slices.Contains([]string{"ENDPOINT_NOT_FOUND", "NOT_IMPLEMENTED", "FEATURE_DISABLED"}, r.code)
}

// tellModels reads some pages of models and names those told before that say
// something else now.
func (r *reading) tellModels(ctx context.Context) (changed []string, err error) {
	s := &r.cur.Models
	if s.Token == "" {
		r.seen.models, r.seen.endModels = true, false
	}
	for range 5 {
		page, next, err := r.models(ctx, s.Token)
		if worthless(err, s.Token) {
			s.Token = ""
			continue
		}
		if err != nil {
			return nil, err
		}
		if !s.Done {
			r.modelsRead += len(page)
		}
		for _, m := range page {
			if m.Name != "" && !isPrompt(m.Tags) && r.tellModel(m) {
				changed = append(changed, string(m.Name))
			}
		}
		if s.Token = next; next == "" {
			s.Done, r.seen.endModels = true, r.seen.models
			break
		}
		if r.full() {
			break
		}
	}
	return changed, nil
}

// tellModel tells a model and keeps its aliases for its versions. It says
// whether a model that was told before has changed.
func (r *reading) tellModel(m registeredModel) (changed bool) {
	r.read[string(m.Name)] = true
	r.seen.add(string(m.Name), "")
	for _, a := range m.Aliases {
		if a.Alias != "" && a.Version != "" {
			key := models.VersionKey(string(m.Name), string(a.Version))
			r.aliases[key] = append(r.aliases[key], clean(a.Alias))
		}
	}
	ref := models.Ref{Kind: models.Model, Key: r.modelKey(m.Name)}
	_, known := r.hashes["now/model/"+ref.Key]
	before := len(r.batch.Descriptions)
	r.tell("", models.Description{Ref: ref, At: m.Updated.time(), Title: ref.Key, URL: r.page("models", string(m.Name)),
		Facts: map[string]any{"description": orNone(clean(m.Description))}})
	r.tell("now/", models.Description{Ref: ref, At: r.at,
		Facts: map[string]any{"deleted": nil, "tags": words(m.Tags), "aliases": aliasesOf(m.Aliases)}})
	return known && len(r.batch.Descriptions) > before
}

// aliasesOf are a model's aliases, each with the version it stands at.
func aliasesOf(list []alias) any {
	out := map[string]string{}
	for _, a := range list {
		if a.Alias != "" && a.Version != "" {
			out[clean(a.Alias)] = clean(a.Version)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// words are tags as a list of words: key, or key:value.
func words(tags []tag) any {
	var out []string
	for _, t := range firstOf(tags, func(t tag) text { return t.Key }) {
		if t.Value == "" {
			out = append(out, clean(t.Key))
			continue
		}
		out = append(out, clean(t.Key+":"+t.Value))
	}
	if out == nil {
		return nil
	}
	return out
}

// isPrompt tells of prompts, which MLflow keeps in the registry as if they were models.
func isPrompt(tags []tag) bool {
	return strings.EqualFold(tagOf(tags, "mlflow.prompt.is_prompt"), "true") || tagOf(tags, "mlflow.prompt.text") != ""
}

func (r *reading) modelKey(name text) string {
	if r.workspace != "" && r.workspace != ordinary {
		name = text(r.workspace) + ":" + name // no model's own name holds a colon
	}
	return clean(text(r.account.Get("model_prefix")) + name)
}
