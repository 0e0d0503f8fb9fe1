package mlflow

import (
	"context"
	"errors"
	"net/url"
	"regexp"

	"throughline/models"
)

const mostBuilds = 50 // logged models looked up in one poll

var (
	loggedModel = regexp.MustCompile(`^models:/(m-[0-9a-zA-Z]{1,64})$`)
	copied      = regexp.MustCompile(`^models:/([^/:]+)/([0-9]+)$`)
)

// resolve finds the runs of versions that name only the logged model they came
// from (MLflow 3). What was found once does not change.
func (r *reading) resolve(ctx context.Context, page []modelVersion) error {
	for i, v := range page {
		id := loggedModel.FindStringSubmatch(string(v.Source))
		if v.RunID != "" || id == nil {
			continue
		}
		run, known := r.builds[id[1]]
		if !known && r.looked < mostBuilds {
			var err error
			if run, err = r.buildOf(ctx, id[1]); err != nil {
				return err
			}
			r.looked++
			r.builds[id[1]] = run
		}
		page[i].RunID = text(run)
	}
	return nil
}

// buildOf is the run that made a logged model, empty where it is not told.
func (r *reading) buildOf(ctx context.Context, id string) (string, error) {
	var out struct {
		Model struct {
			Info struct {
				Run text `json:"source_run_id"`
			} `json:"info"`
		} `json:"model"`
	}
	err := r.get(ctx, "logged-models/"+url.PathEscape(id), url.Values{}, &out)
	var refusal *refused
	if errors.As(err, &refusal) && (noRegistry(err) || refusal.code == "RESOURCE_DOES_NOT_EXIST") {
		return "", nil
	}
	return string(out.Model.Info.Run), err
}

// origin links a version that was copied with the one it was copied from.
func (r *reading) origin(v modelVersion) []models.LinkTo {
	of := copied.FindStringSubmatch(string(v.Source))
	if of == nil {
		return nil
	}
	to := models.Ref{Kind: models.ModelVersion, Key: models.VersionKey(r.modelKey(text(of[1])), of[2])}
	return []models.LinkTo{{Relation: models.DerivedFrom, To: to}}
}
