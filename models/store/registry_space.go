package store

import (
	"context"

	"throughline/models"
)

// SpaceOfModel is the space in whose registry a model stands; NotFound where it is
// none of ours: it is registered at a mirrored server, or a bot told of it.
func (s *Store) SpaceOfModel(ctx context.Context, name string) (Space, error) {
	return s.spaceWhere(ctx, `i.here = 1 AND i.id IN (SELECT integration_id FROM registered_models WHERE name = ?)`, name)
}

// SpaceOfRun is the space to which a run was logged; NotFound where it is none of ours.
func (s *Store) SpaceOfRun(ctx context.Context, run int64) (Space, error) {
	return s.spaceWhere(ctx, `i.here = 1 AND i.id IN (SELECT integration_id FROM runs WHERE id = ?)`, run)
}

func (s *Store) spaceWhere(ctx context.Context, where string, args ...any) (Space, error) {
	i, err := s.integration(ctx, where, args...)
	return Space{Integration: i, Project: models.Project{ID: i.ProjectID, Key: i.ProjectKey}}, err
}

// ProposalTag is the tag of a version that waits for its sign-off: why it is proposed.
const ProposalTag = "throughline.proposal"

// Propose puts a version up for deployment, with the reason, or takes it back when
// the reason is empty. Its state follows: it waits for its sign-off.
func (s *Store) Propose(ctx context.Context, by models.Principal, sp Space, name string, version int64, reason string) error {
	if reason == "" {
		return s.TagModelVersion(ctx, by, sp, name, version, nil, ProposalTag)
	}
	return s.TagModelVersion(ctx, by, sp, name, version, []models.Pair{{Key: ProposalTag, Value: cut(clean(reason), 4000)}}, "")
}

// proposed is the state of a version that is put up for deployment.
func proposed(v models.RegisteredVersion) (models.State, bool) {
	for _, t := range v.Tags {
		if t.Key == ProposalTag && t.Value != "" {
			return models.WaitingSignOff, true
		}
	}
	return "", false
}
