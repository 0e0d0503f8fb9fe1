package store

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

const aRun = "00000000000000000000000000000001"

// newRegistry is a space with a run, a logged model of it and the registered model
// fraud with one version of that.
func newRegistry(t *testing.T, s *Store) Space {
	t.Helper()
	sp, _ := newSpace(t, s)
	_, err := s.CreateLoggedModel(t.Context(), admin, sp, NewLoggedModel{Experiment: "0", Name: "model", SourceRun: aRun, Key: "m-1"})
	require.NoError(t, err)
	_, err = s.CreateRegisteredModel(t.Context(), admin, sp, models.RegisteredModel{Name: "fraud"})
	require.NoError(t, err)
	register(t, s, sp, NewVersion{Model: "fraud", Source: "models:/m-1", LoggedModel: "m-1", Description: "first", Tags: []models.Pair{{Key: "rel", Value: "1"}}})
	return sp
}

func register(t *testing.T, s *Store, sp Space, n NewVersion) models.RegisteredVersion {
	t.Helper()
	v, err := s.CreateModelVersion(t.Context(), admin, sp, n)
	require.NoError(t, err)
	return v
}

func subject(t *testing.T, s *Store, kind models.Kind, key string) models.Subject {
	t.Helper()
	one, err := s.Find(t.Context(), admin, models.Ref{Kind: kind, Key: key})
	require.NoError(t, err)
	return one
}

func TestARegisteredVersionIsASubject(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp := newRegistry(t, s)
		v, err := s.ModelVersion(t.Context(), sp, "fraud", 1)
		require.NoError(t, err)
		require.Equal(t, []string{aRun, "mlflow-artifacts:/0/models/m-1/artifacts", "None"}, []string{v.Run, v.Storage, v.Stage})
		require.NoError(t, s.SetModelAlias(t.Context(), admin, sp, "fraud", "champion", 1))
		_, err = s.StageModelVersion(t.Context(), admin, sp, "fraud", 1, models.StageProduction, false)
		require.NoError(t, err)
		one := subject(t, s, models.ModelVersion, "fraud/1")
		require.Equal(t, models.Registered, one.State)
		require.Equal(t, "Production", one.Facts["stage"])
		require.Equal(t, []any{"champion"}, one.Facts["aliases"])
		require.Equal(t, []any{"rel:1"}, one.Facts["tags"])
		require.Equal(t, "first", one.Facts["description"])
		require.Equal(t, map[string]any{"champion": "1"}, subject(t, s, models.Model, "fraud").Facts["aliases"])
		links, _, err := s.Links(t.Context(), admin, one.ID)
		require.NoError(t, err)
		var to []string
		for _, l := range links {
			to = append(to, string(l.Relation)+" "+l.To.Ref.Key)
		}
		require.Subset(t, to, []string{"version_of fraud", "produced_by " + aRun})
		l, err := s.LoggedModel(t.Context(), sp, "m-1", false)
		require.NoError(t, err)
		require.Equal(t, []models.Pair{{Key: versionsTag, Value: `[{"name": "fraud", "version": 1}]`}}, l.Tags)
	})
}

func TestNumbersOfVersionsAreNeverGivenTwice(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp := newRegistry(t, s)
		again := NewVersion{Model: "fraud", Source: "models:/m-1", LoggedModel: "m-1"}
		require.EqualValues(t, 2, register(t, s, sp, again).Version)
		require.NoError(t, s.SetModelAlias(t.Context(), admin, sp, "fraud", "champion", 2))
		require.NoError(t, s.DeleteModelVersion(t.Context(), admin, sp, "fraud", 2))
		_, err := s.VersionByAlias(t.Context(), sp, "fraud", "champion")
		require.EqualError(t, err, "Registered model alias champion not found.")
		_, err = s.ModelVersion(t.Context(), sp, "fraud", 2)
		require.EqualError(t, err, "Model Version (name=fraud, version=2) not found")
		gone := subject(t, s, models.ModelVersion, "fraud/2")
		require.Equal(t, models.Retired, gone.State)
		require.Equal(t, true, gone.Facts["deleted"])
		require.Nil(t, gone.Facts["aliases"])
		require.EqualValues(t, 3, register(t, s, sp, again).Version)
		require.NoError(t, s.DeleteRegisteredModel(t.Context(), admin, sp, "fraud"))
		require.Equal(t, true, subject(t, s, models.Model, "fraud").Facts["deleted"])
		_, err = s.CreateRegisteredModel(t.Context(), admin, sp, models.RegisteredModel{Name: "fraud"})
		require.NoError(t, err)
		require.EqualValues(t, 4, register(t, s, sp, again).Version, "nor after the model was deleted")
	})
}

// A client that lost the answer sends the same again.
func TestTheSameCallTwiceRegistersOnce(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp := newRegistry(t, s)
		n := NewVersion{Model: "fraud", Source: "models:/m-1", LoggedModel: "m-1", Call: "a call"}
		first, second := register(t, s, sp, n), register(t, s, sp, n)
		require.Equal(t, first, second)
		n.Call = "another"
		require.Equal(t, first.Version+1, register(t, s, sp, n).Version)
		l := NewLoggedModel{Experiment: "0", Name: "x", Key: "m-a", Call: "logged"}
		one, err := s.CreateLoggedModel(t.Context(), admin, sp, l)
		require.NoError(t, err)
		l.Key = "m-b"
		two, err := s.CreateLoggedModel(t.Context(), admin, sp, l)
		require.NoError(t, err)
		require.Equal(t, one, two)
	})
}

func TestACopyNamesWhereItCameFrom(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp := newRegistry(t, s)
		_, err := s.CreateRegisteredModel(t.Context(), admin, sp, models.RegisteredModel{Name: "fraud-prod"})
		require.NoError(t, err)
		v := register(t, s, sp, NewVersion{Model: "fraud-prod", Source: "models:/fraud@latest"})
		require.Equal(t, []string{"models:/fraud/1", "mlflow-artifacts:/0/models/m-1/artifacts", aRun}, []string{v.Source, v.Storage, v.Run})
		links, _, err := s.Links(t.Context(), admin, subject(t, s, models.ModelVersion, "fraud-prod/1").ID)
		require.NoError(t, err)
		found := false
		for _, l := range links {
			found = found || l.Relation == models.DerivedFrom && l.To.Ref.Key == "fraud/1"
		}
		require.True(t, found, "derived_from")
	})
}

func TestARenamedModelTakesItsVersionsAlong(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp := newRegistry(t, s)
		_, err := s.RenameRegisteredModel(t.Context(), admin, sp, "fraud", "scoring")
		require.NoError(t, err)
		_, err = s.ModelVersion(t.Context(), sp, "scoring", 1)
		require.NoError(t, err)
		require.Equal(t, models.Registered, subject(t, s, models.ModelVersion, "scoring/1").State)
		old := subject(t, s, models.ModelVersion, "fraud/1")
		require.Equal(t, models.Retired, old.State)
		require.Equal(t, "scoring/1", old.Facts["renamed_to"])
	})
}

func TestANameOfAnotherProjectIsRefused(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		newRegistry(t, s)
		p, err := s.CreateProject(t.Context(), admin, "FOO", "Foo")
		require.NoError(t, err)
		other, err := s.Space(t.Context(), p, true)
		require.NoError(t, err)
		_, err = s.CreateRegisteredModel(t.Context(), admin, other, models.RegisteredModel{Name: "fraud"})
		require.Equal(t, models.Forbidden, models.CodeOf(err))
		require.NotContains(t, err.Error(), "BAR")
		_, err = s.CreateRegisteredModel(t.Context(), admin, other, models.RegisteredModel{Name: "mine"})
		require.NoError(t, err)
		_, err = s.RenameRegisteredModel(t.Context(), admin, other, "mine", "fraud")
		require.Equal(t, models.Forbidden, models.CodeOf(err))
		for _, source := range []string{"models:/fraud/1", "models:/m-1", "runs:/" + aRun + "/model", "mlflow-artifacts:/0/" + aRun + "/artifacts/model"} {
			_, err = s.CreateModelVersion(t.Context(), admin, other, NewVersion{Model: "mine", Source: source})
			require.Error(t, err, source)
		}
	})
}

// Row 14: a version's source is what the project keeps, and nothing else.
func TestSourcesOutsideTheProjectAreRefused(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp := newRegistry(t, s)
		_, err := s.CreateRegisteredModel(t.Context(), admin, sp, models.RegisteredModel{Name: "prompt", Prompt: true, Tags: []models.Pair{{Key: models.PromptTag, Value: "true"}}})
		require.NoError(t, err)
		bad := []string{"file:///tmp", "/tmp", "file:", "FILE://", "file:/etc/passwd", "runs:/../x", "mlflow-artifacts:/../../", "s3://x/../..", "s3://bucket/model", "https://evil.test/m",
			"", ".", "..", "tmp", "./x", "models:/", "models://host/m-1", "models:/m-1/../m-1", "models:/m-unknown", "models:/fraud/99", "models:/fraud", "models:/nobody/1",
			"runs:/" + aRun, "runs:/" + aRun + "/../x", "runs:/" + aRun + "/%2e%2e/x", "runs:/" + aRun + "/%252e%252e/x", "runs:/" + aRun + `/a\..\b`, "runs:/" + aRun + "/a%00", "runs:/unknown/model",
			"runs://host/" + aRun + "/model", "mlflow-artifacts:/0/" + aRun + "/artifacts/../../x", "mlflow-artifacts:/0/" + aRun + "/artifacts%2f..%2f..", "mlflow-artifacts:/0/unknown/artifacts/model",
			"mlflow-artifacts:/1/" + aRun + "/artifacts", "mlflow-artifacts://host/0/" + aRun + "/artifacts", "mlflow-artifacts:/0/" + aRun + "/artifactsx", "mlflow-artifacts:/0", "mlflow-artifacts:/",
			"dbfs:/x", "ftp://x/y", "C:/windows", `\\host\share`, "runs:/" + aRun + "/model#x", "runs:/" + aRun + "/model?x", "data:,x"}
		for _, model := range []string{"fraud", "prompt"} {
			for _, source := range bad {
				_, err := s.CreateModelVersion(t.Context(), admin, sp, NewVersion{Model: model, Source: source, Tags: []models.Pair{{Key: models.PromptTag, Value: "true"}}})
				if code := models.CodeOf(err); err == nil || code != models.Invalid && code != models.NotFound {
					t.Errorf("%s %q: %v", model, source, err)
				}
			}
		}
		_, err = s.CreateModelVersion(t.Context(), admin, sp, NewVersion{Model: "fraud", Source: "dummy-source", Tags: []models.Pair{{Key: models.PromptTag, Value: "true"}}})
		require.Equal(t, models.Invalid, models.CodeOf(err), "a tag makes no prompt")
		for _, good := range []string{"models:/m-1", "models:/fraud/1", "runs:/" + aRun + "/model", "runs:/" + aRun + "/a b/ü", "mlflow-artifacts:/0/" + aRun + "/artifacts/model", "mlflow-artifacts:/0/models/m-1/artifacts"} {
			_, err := s.CreateModelVersion(t.Context(), admin, sp, NewVersion{Model: "fraud", Source: good})
			require.NoError(t, err, good)
		}
		register(t, s, sp, NewVersion{Model: "prompt", Source: "dummy-source"})
	})
}

func TestTheRegistryIsSearched(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp := newRegistry(t, s)
		for _, m := range []models.RegisteredModel{{Name: "Fraud2", Tags: []models.Pair{{Key: "team", Value: "risk"}}}, {Name: "prompt", Prompt: true, Tags: []models.Pair{{Key: models.PromptTag, Value: "true"}}}} {
			_, err := s.CreateRegisteredModel(t.Context(), admin, sp, m)
			require.NoError(t, err)
		}
		require.NoError(t, s.DeleteModelVersion(t.Context(), admin, sp, "fraud", register(t, s, sp, NewVersion{Model: "fraud", Source: "models:/m-1"}).Version))
		for filter, want := range map[string]string{
			"": "Fraud2,fraud", "name LIKE 'fraud%'": "fraud", "name ILIKE 'fraud%'": "Fraud2,fraud", "tags.team = 'risk'": "Fraud2", "tags.team != 'x' AND name != 'Fraud2'": "",
			"tag.`mlflow.prompt.is_prompt` != 'true'": "Fraud2,fraud", "tag.`mlflow.prompt.is_prompt` = 'false'": "Fraud2,fraud", "tag.`mlflow.prompt.is_prompt` = 'true'": "prompt",
		} {
			list, _, err := s.SearchRegisteredModels(t.Context(), sp, SpaceSearch{Filter: filter, Limit: 10})
			require.NoError(t, err, filter)
			var names []string
			for _, m := range list {
				names = append(names, m.Name)
			}
			require.Equal(t, want, strings.Join(names, ","), filter)
		}
		page, next, err := s.SearchRegisteredModels(t.Context(), sp, SpaceSearch{Limit: 1, Order: []string{"name DESC"}})
		require.NoError(t, err)
		require.Equal(t, []string{"fraud", "eyJvZmZzZXQiOjF9"}, []string{page[0].Name, next})
		require.Len(t, page[0].Latest, 1)
		for filter, want := range map[string]int{"": 1, "name = 'fraud' AND version_number > 1": 0, "version_number = '1'": 1, "run_id IN ('" + aRun + "')": 1, "tags.rel = '1'": 1, "source_path LIKE 'models:%'": 1} {
			list, _, err := s.SearchModelVersions(t.Context(), sp, SpaceSearch{Filter: filter, Limit: 10, Order: []string{"version_number DESC"}})
			require.NoError(t, err, filter)
			require.Len(t, list, want, filter)
		}
	})
}
