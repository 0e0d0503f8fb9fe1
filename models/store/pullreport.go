package store

import (
	"context"
	"slices"

	"throughline/models"
)

// PullReport is what there is to say about a pull request to whoever reviews it,
// as far as the principal sees it. It names nobody.
func (s *Store) PullReport(ctx context.Context, by models.Principal, pull models.Subject) (models.PullReport, error) {
	return s.reach(by).report(ctx, pull)
}

// report is PullReport. Of a pull request that touches no model, nothing is worked out.
func (s *reach) report(ctx context.Context, pull models.Subject) (out models.PullReport, err error) {
	affected, err := s.of(ctx, pull)
	if err != nil || len(affected) == 0 {
		return out, err
	}
	for _, a := range affected {
		m := reportedModel(a)
		if a.Environment == "" {
			out.Waiting = append(out.Waiting, m)
			continue
		}
		out.Live = append(out.Live, m)
	}
	out.Unreviewed = pull.State != models.Draft && !reviewed(pull)
	out.Failing, err = s.failing(ctx, pull)
	return out, err
}

func reportedModel(a models.Affected) models.ReportedModel {
	m := models.ReportedModel{Environment: a.Environment, Model: a.Model, Version: a.Version, Direct: a.Direct}
	for _, g := range a.Gaps {
		m.Gaps = append(m.Gaps, g.Reported())
	}
	return m
}

func reviewed(pull models.Subject) bool {
	return slices.ContainsFunc(reviews(pull), func(r models.Review) bool { return r.Counts(pull.Text("author")) })
}

// failing are the checks of a pull request's newest commit that failed, by name.
func (s *reach) failing(ctx context.Context, pull models.Subject) ([]string, error) {
	key := models.CommitKey(pull.Text("repository"), pull.Text("head_sha"))
	if key == "" {
		return nil, nil
	}
	commit, err := s.Find(ctx, s.by, models.Ref{Kind: models.Commit, Key: key})
	if models.CodeOf(err) == models.NotFound {
		return nil, nil
	}
	return models.FailingChecks(commit), err
}
