package store

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// path is a valid path of an artifact.
func path(t *testing.T, raw string) models.ArtifactPath {
	t.Helper()
	p, err := models.ParseArtifactPath(raw)
	require.NoError(t, err)
	return p
}

// putFile logs an artifact whose text is its name.
func putFile(t *testing.T, s *Store, by models.Principal, h Holder, raw string) models.Artifact {
	t.Helper()
	a, err := s.PutArtifact(t.Context(), by, h, path(t, raw), strings.NewReader(raw))
	require.NoError(t, err)
	return a
}

// objects are the ids of all that the storage of artifacts has.
func objects(t *testing.T, s *Store) (ids []string) {
	t.Helper()
	require.NoError(t, s.artifacts.Each(t.Context(), func(id string, _ time.Time) error { ids = append(ids, id); return nil }))
	return ids
}

// artifactRun is a run as a holder, in a hub whose bytes lie in a folder.
func artifactRun(t *testing.T, s *Store) (Space, Holder) {
	t.Helper()
	require.NoError(t, s.keepFiles(Options{DataDir: t.TempDir()}))
	sp, r := newSpace(t, s)
	h, rest, err := s.Holder(t.Context(), sp, path(t, "0/"+r.Key+"/artifacts"))
	require.NoError(t, err)
	require.Empty(t, rest)
	return sp, h
}

func TestArtifactsAreListedByFolder(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		_, h := artifactRun(t, s)
		for _, raw := range []string{"b.txt", "a.txt", "plots/roc.txt", "plots/train/loss.txt", "plots/train/x.txt", "plots-b.txt", "plots0/y.txt"} {
			putFile(t, s, admin, h, raw)
		}
		names := func(at models.ArtifactPath) (out []string) {
			list, err := s.Artifacts(t.Context(), h, at)
			require.NoError(t, err)
			for _, e := range list {
				if e.Dir {
					e.Name += "/"
				}
				out = append(out, e.Name)
			}
			return out
		}
		require.Equal(t, []string{"plots/", "plots0/", "a.txt", "b.txt", "plots-b.txt"}, names(nil))
		require.Equal(t, []string{"train/", "roc.txt"}, names(path(t, "plots")))
		require.Empty(t, names(path(t, "a.txt")), "a file has nothing in it")
		require.Empty(t, names(path(t, "nowhere")))
		list, err := s.Artifacts(t.Context(), h, nil)
		require.NoError(t, err)
		require.Equal(t, int64(3), list[0].Files)
		require.Equal(t, int64(len("plots/roc.txt")+len("plots/train/loss.txt")+len("plots/train/x.txt")), list[0].Size)
	})
}

func TestAnArtifactIsReplacedAtOnceAndItsOldBytesGo(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		_, h := artifactRun(t, s)
		old := putFile(t, s, admin, h, "m/model.pkl")
		before := h.newest(t, s)
		_, err := s.PutArtifact(t.Context(), admin, h, path(t, "m/model.pkl"), strings.NewReader("new"))
		require.NoError(t, err)
		require.Equal(t, before+1, h.newest(t, s), "one row of activity for one artifact")
		a, err := s.Artifact(t.Context(), h, path(t, "m/model.pkl"))
		require.NoError(t, err)
		require.NotEqual(t, old.Object, a.Object)
		require.Equal(t, []string{a.Object}, objects(t, s), "the old bytes are gone")
		r, err := s.OpenArtifact(t.Context(), a)
		require.NoError(t, err)
		defer r.Close()
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, "new", string(text))
		_, err = s.PutArtifact(t.Context(), admin, h, path(t, "m/model.pkl"), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("cut"))))
		require.Equal(t, models.Invalid, models.CodeOf(err))
		again, err := s.Artifact(t.Context(), h, path(t, "m/model.pkl"))
		require.NoError(t, err)
		require.Equal(t, a, again, "what broke off replaces nothing")
	})
}

// newest is the number of the last activity.
func (h Holder) newest(t *testing.T, s *Store) int64 {
	t.Helper()
	seq, err := s.Seq(t.Context())
	require.NoError(t, err)
	return seq
}

func TestAFolderIsNoFileAndAFileNoFolder(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		_, h := artifactRun(t, s)
		putFile(t, s, admin, h, "m/model.pkl")
		for _, raw := range []string{"m", "m/model.pkl/weights", "m/model.pkl/a/b"} {
			_, err := s.PutArtifact(t.Context(), admin, h, path(t, raw), strings.NewReader("x"))
			require.Equal(t, models.Invalid, models.CodeOf(err), raw)
		}
		require.Len(t, objects(t, s), 1, "what was refused leaves no bytes")
	})
}

// Row 04: whoever may log may not delete what somebody else logged.
func TestArtifactsAreDeletedByWhoLoggedThemOrAMaintainer(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp, h := artifactRun(t, s)
		ann, bob, chief := member(sp.Project.ID, models.Contributor), member(sp.Project.ID, models.Contributor), member(sp.Project.ID, models.Maintainer)
		ann.PersonID, bob.PersonID, chief.PersonID = 11, 12, 13
		putFile(t, s, ann, h, "a/one")
		putFile(t, s, bob, h, "a/two")
		require.Equal(t, models.Forbidden, models.CodeOf(s.DeleteArtifacts(t.Context(), bob, h, path(t, "a"))))
		require.Len(t, objects(t, s), 2, "all of them or none")
		require.NoError(t, s.DeleteArtifacts(t.Context(), bob, h, path(t, "a/two")))
		require.Len(t, objects(t, s), 1)
		before := h.newest(t, s)
		require.NoError(t, s.DeleteArtifacts(t.Context(), bob, h, path(t, "a/two")), "asked again")
		require.Equal(t, before, h.newest(t, s))
		require.NoError(t, s.DeleteArtifacts(t.Context(), chief, h, nil))
		require.Empty(t, objects(t, s))
	})
}

func TestADeletedRunKeepsItsArtifactsAndTakesNoMore(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp, h := artifactRun(t, s)
		putFile(t, s, admin, h, "a")
		deleted := models.LifecycleDeleted
		_, err := s.UpdateRun(t.Context(), admin, sp, h.Key, RunUpdate{Lifecycle: &deleted})
		require.NoError(t, err)
		stale := h
		h, err = s.RunHolder(t.Context(), sp, h.Key)
		require.NoError(t, err)
		for name, h := range map[string]Holder{"found before": stale, "found after": h} {
			_, err = s.PutArtifact(t.Context(), admin, h, path(t, "b"), strings.NewReader("x"))
			require.Equal(t, models.Invalid, models.CodeOf(err), name)
		}
		require.Equal(t, models.Invalid, models.CodeOf(s.DeleteArtifacts(t.Context(), admin, h, path(t, "a"))))
		_, err = s.Artifact(t.Context(), h, path(t, "a"))
		require.NoError(t, err)
		require.Len(t, objects(t, s), 1)
	})
}

func TestHoldersAreFoundInTheirOwnSpaceOnly(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp, h := artifactRun(t, s)
		model := "m-" + strings.Repeat("ab", 16)
		_, _, err := s.Holder(t.Context(), sp, path(t, "0/models/"+model+"/artifacts/MLmodel"))
		require.Equal(t, models.NotFound, models.CodeOf(err), "there is no such model yet")
		_, err = s.CreateLoggedModel(t.Context(), admin, sp, NewLoggedModel{Experiment: "0", Name: "m", SourceRun: h.Key, Key: model})
		require.NoError(t, err)
		m, rest, err := s.Holder(t.Context(), sp, path(t, "0/models/"+model+"/artifacts/MLmodel"))
		require.NoError(t, err)
		require.Equal(t, "MLmodel", rest.String())
		require.Equal(t, h.Subject, m.Subject, "on the page of its run")
		putFile(t, s, admin, m, "MLmodel")
		require.NoError(t, s.DeleteLoggedModel(t.Context(), admin, sp, model))
		_, err = s.PutArtifact(t.Context(), admin, m, rest, strings.NewReader("x"))
		require.Equal(t, models.NotFound, models.CodeOf(err), "deleted while the bytes came in")
		q, err := s.CreateProject(t.Context(), admin, "FOO", "Foo")
		require.NoError(t, err)
		other, err := s.Space(t.Context(), q, true)
		require.NoError(t, err)
		for _, raw := range []string{"1/" + h.Key + "/artifacts", "x/0/" + h.Key + "/artifacts", h.Key + "/artifacts/a", "7/models/" + model + "/artifacts/a", "0/models/m-1/artifacts/a", "0", "artifacts", "0/models"} {
			_, _, err := s.Holder(t.Context(), sp, path(t, raw))
			require.Equal(t, models.NotFound, models.CodeOf(err), raw)
		}
		_, _, err = s.Holder(t.Context(), other, path(t, "0/"+h.Key+"/artifacts/a"))
		require.Equal(t, models.NotFound, models.CodeOf(err))
	})
}

func TestBytesThatNoArtifactNamesAreSweptAfterADay(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		_, h := artifactRun(t, s)
		a := putFile(t, s, admin, h, "kept")
		_, err := s.artifacts.Put(t.Context(), strings.NewReader("orphan"), 10)
		require.NoError(t, err)
		now := s.now
		require.NoError(t, s.SweepArtifacts(t.Context(), true))
		require.Len(t, objects(t, s), 2, "its row may be on its way")
		s.now = func() time.Time { return now().Add(25 * time.Hour) }
		require.NoError(t, s.SweepArtifacts(t.Context(), false))
		require.Len(t, objects(t, s), 2)
		require.NoError(t, s.SweepArtifacts(t.Context(), true))
		require.Equal(t, []string{a.Object}, objects(t, s))
	})
}
