package store

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"strings"

	"throughline/models"
)

// Holder is what artifacts belong to: a run, a logged model or a trace of a space.
type Holder struct {
	Space     Space
	Key       string
	kind      holderKind
	Subject   int64 // on whose page they stand, 0: none
	Lifecycle string
	Root      string // where its artifacts are, for clients: 1/KEY/artifacts
}

// holderKind is what a holder is, in the words of refusals.
type holderKind string

const (
	ofRun   holderKind = "run"
	ofModel holderKind = "logged model"
	ofTrace holderKind = "experiment of trace"
)

// Holder finds in a space what the artifacts at a client's path belong to, and
// which path they have there. The holder's own folder is the empty path.
func (s *Store) Holder(ctx context.Context, sp Space, path models.ArtifactPath) (Holder, models.ArtifactPath, error) {
	for n := 1; n < len(path); n++ {
		if path[n] != "artifacts" {
			continue
		}
		h, err := s.holderAt(ctx, sp, path[:n+1])
		if err == nil || models.CodeOf(err) != models.NotFound {
			return h, path[n+1:], err
		}
	}
	return Holder{}, nil, models.Errorf(models.NotFound, "No run or logged model of this project has its artifacts at '%s'", path)
}

// traceKey is the form of a trace's key.
var traceKey = regexp.MustCompile(`^tr-[0-9a-zA-Z_-]{1,64}$`)

// holderAt is the holder whose artifacts are exactly at a path.
func (s *Store) holderAt(ctx context.Context, sp Space, root models.ArtifactPath) (Holder, error) {
	key := root[len(root)-2]
	find := s.RunHolder
	if len(root) == 4 && root[1] == "traces" && traceKey.MatchString(key) {
		return s.traceHolder(ctx, sp, root)
	}
	if strings.HasPrefix(key, "m-") && len(root) > 2 && root[len(root)-3] == "models" {
		find = s.ModelHolder
	}
	h, err := find(ctx, sp, key)
	if err == nil && h.Root != root.String() {
		err = noRun(key)
	}
	return h, err
}

// RunHolder is a run of a space as the holder of its artifacts.
func (s *Store) RunHolder(ctx context.Context, sp Space, key string) (Holder, error) {
	h := Holder{Space: sp, Key: key, kind: ofRun}
	err := s.row(ctx, `SELECT id, lifecycle, artifact_uri FROM runs WHERE integration_id = ? AND key = ?`, []any{sp.Integration.ID, key}, &h.Subject, &h.Lifecycle, &h.Root)
	if errors.Is(err, sql.ErrNoRows) {
		return h, noRun(key)
	}
	h.Root = strings.TrimPrefix(h.Root, artifactScheme)
	return h, err
}

// ModelHolder is a logged model of a space as the holder of its artifacts, which
// stand on the page of the run that made it.
func (s *Store) ModelHolder(ctx context.Context, sp Space, key string) (Holder, error) {
	h := Holder{Space: sp, Key: key, kind: ofModel}
	l, err := readLogged(s.asks(ctx), sp, key, true)
	if err != nil {
		return h, err
	}
	h.Lifecycle, h.Root = l.Lifecycle, strings.TrimPrefix(l.ArtifactURI, artifactScheme)
	err = s.row(ctx, `SELECT COALESCE(MAX(id), 0) FROM runs WHERE integration_id = ? AND key = ?`, []any{sp.Integration.ID, l.SourceRun}, &h.Subject)
	return h, err
}

// traceHolder is a trace, at 1/traces/tr-…/artifacts. Of traces themselves nothing
// is known here.
func (s *Store) traceHolder(ctx context.Context, sp Space, root models.ArtifactPath) (Holder, error) {
	h := Holder{Space: sp, Key: root[2], kind: ofTrace, Root: root.String()}
	err := s.row(ctx, `SELECT lifecycle FROM experiments WHERE integration_id = ? AND key = ?`, []any{sp.Integration.ID, root[0]}, &h.Lifecycle)
	if errors.Is(err, sql.ErrNoRows) {
		return h, models.Errorf(models.NotFound, "No Experiment with id=%s exists", root[0])
	}
	return h, err
}

// URI is what clients are told as the place of its artifacts.
func (h Holder) URI() string { return artifactScheme + h.Root }

// artifactScheme begins what clients are told.
const artifactScheme = "mlflow-artifacts:/"

// open refuses to change what a deleted holder has.
func (h Holder) open() error {
	return active(string(h.kind), h.Key, h.Lifecycle)
}

// SubjectHolder is a run's subject as the holder of its artifacts, to read them.
func (s *Store) SubjectHolder(run models.Subject) Holder {
	return Holder{Space: Space{Integration: Integration{ID: run.Ref.Integration}}, Key: run.Ref.Key, kind: ofRun, Subject: run.ID}
}
