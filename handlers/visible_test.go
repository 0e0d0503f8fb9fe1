package handlers

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/store"
)

const randomAsks = 2000

// Row 48: whoever asks, by whatever filter, gets nothing that is in none of the
// projects they may view.
func TestFiltersShowOnlyWhatOneMaySee(t *testing.T) {
	s := newSite(t)
	projects := s.fourProjects()
	homes := map[int64][]int64{} // subject → projects
	home := func(subject int64) []int64 {
		if _, known := homes[subject]; !known {
			list, err := s.store.ProjectsOf(t.Context(), subject)
			require.NoError(t, err)
			homes[subject] = []int64{}
			for _, p := range list {
				homes[subject] = append(homes[subject], p.ID)
			}
		}
		return homes[subject]
	}
	random := rand.New(rand.NewPCG(1, 2))
	seen := 0
	for i := range randomAsks {
		by := somebody(random, projects)
		for _, found := range s.lookAround(by, random) {
			require.True(t, by.Sees(home(found)), "ask %d: %v is shown subject %d of %v", i, by.Projects, found, home(found))
			seen++
		}
	}
	require.Greater(t, seen, randomAsks, "the filters find something")
}

// fourProjects each have runs, a model, a deployment, and names that look like filters.
func (s *site) fourProjects() (out []models.Project) {
	s.token("seed", models.Administrator, 0)
	for i, key := range []string{"AA", "AAB", "B1", "OR1"} {
		out = append(out, s.project(key))
		name := fmt.Sprintf("p%d", i)
		require.Equal(s.t, 201, s.ask("seed", "POST", "/api/v1/projects/"+key+"/integrations", `{"source":"cloudevents","name":"`+name+`"}`).status)
		for kind, data := range map[string]string{
			"run.finished": `{"run_id":"` + name + `","name":"otter OR 1=1","state":"passed","datasets":[{"namespace":"s3","name":"shared","digest":"sha256:aa","role":"training"}]}`,
			"run.started":  `{"run_id":"` + name + `:x","name":"otter"}`, "model_version.registered": `{"model":"` + name + `","version":"1","run_id":"` + name + `"}`,
			"deployment": `{"id":"` + name + `","environment":"production","model":"` + name + `","version":"1","state":"live","at":"2026-11-21T10:00:00Z"}`} {
			a := s.ask("seed", "POST", "/hooks/cloudevents/"+name, cloudEvent(name+kind, kind, data), "Content-Type", ceType)
			require.Equal(s.t, 202, a.status, a.body)
		}
	}
	return out
}

func somebody(random *rand.Rand, projects []models.Project) models.Principal {
	by := models.Principal{TokenID: 1, Name: "somebody", Projects: map[int64]models.Role{}}
	for _, p := range projects {
		if random.IntN(3) == 0 {
			by.Projects[p.ID] = models.Roles[random.IntN(len(models.Roles))]
		}
	}
	return by
}

// lookAround asks for one list by a filter at random and is the subjects in it.
func (s *site) lookAround(by models.Principal, random *rand.Rand) (ids []int64) {
	s.t.Helper()
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	text, project := pick("", "", "otter", "otter OR 1=1", `") OR (1=1`, "p1*", "%"), pick("", "", "AA", "AAB", "B1", "OR1", "a%", "' OR '1'='1")
	switch random.IntN(3) {
	case 0:
		f := store.SubjectFilter{Text: text, Project: project, Source: pick("", "", "cloudevents", "x"), State: models.State(pick("", "", "passed", "live", "' OR 1=1 --")), Limit: 200,
			Best: random.IntN(2) == 0}
		if random.IntN(2) == 0 {
			f.Kinds = []models.Kind{models.Run, models.Kind(pick("model", "dataset", "') OR ('1'='1"))}
		}
		list, _, err := s.store.Subjects(s.t.Context(), by, f)
		require.NoError(s.t, err)
		for _, one := range list {
			ids = append(ids, one.ID)
		}
	case 1:
		list, err := s.store.Activity(s.t.Context(), by, store.ActivityFilter{Project: project, Limit: 200})
		require.NoError(s.t, err)
		for _, one := range list {
			s.seesProject(by, one.Project)
			if one.Subject != nil {
				ids = append(ids, one.Subject.ID)
			}
		}
	case 2:
		list, _, err := s.store.Deployments(s.t.Context(), by, store.DeploymentFilter{Project: project, Environment: pick("", "production"), Model: pick("", "p0", "p1", "' OR '1'='1"), Limit: 200})
		require.NoError(s.t, err)
		for _, one := range list {
			ids = append(ids, one.Subject.ID)
		}
	}
	return ids
}

// seesProject fails when a row is of a project that the one who asks may not view.
func (s *site) seesProject(by models.Principal, key string) {
	s.t.Helper()
	p, err := s.store.Project(s.t.Context(), models.Principal{Hub: models.Administrator}, key)
	require.NoError(s.t, err)
	require.True(s.t, by.Sees([]int64{p.ID}), "%v is shown a row of %s", by.Projects, key)
}
