package store

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// A deployed image resolves to code: nothing but the image's label names the commit.
func TestADeployedImageLeadsToItsCommit(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		digest := "sha256:" + strings.Repeat("ab", 32)
		image, commit := ref(models.Image, digest), ref(models.Commit, "github.com/acme/fraud@"+sha1)
		h.apply("cloudevents", "version", models.Description{Ref: ref(models.ModelVersion, "churn/1"), At: day(1), State: models.Registered})
		h.apply("cloudevents", "live", models.Description{Ref: ref(models.Deployment, "d1"), At: day(2), State: models.Live,
			Facts: map[string]any{"environment": "production", "model": "churn", "version": "1", "image_digest": digest},
			Links: append([]models.LinkTo{{Relation: models.Deploys, To: ref(models.ModelVersion, "churn/1")}}, models.ImageLinks(models.Deploys, "ghcr.io/acme/churn@"+digest)...)})
		line, err := s.Throughline(ctx, admin, "production", "churn")
		require.NoError(t, err)
		require.Contains(t, gapKinds(line), models.GapCommit)
		h.apply("github", "pushed", models.Description{Ref: image, At: day(3), Facts: map[string]any{"revision": sha1}, Links: []models.LinkTo{{Relation: models.BuiltFrom, To: commit}}})
		line, err = s.Throughline(ctx, admin, "production", "churn")
		require.NoError(t, err)
		require.NotContains(t, gapKinds(line), models.GapCommit)
		require.Equal(t, commit.Key, line.Commit.Ref.Key)
		require.Equal(t, digest, line.Image.Ref.Key)
	})
}
