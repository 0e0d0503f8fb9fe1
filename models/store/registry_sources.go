package store

import (
	"cmp"
	"net/url"
	slashes "path"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"throughline/models"
)

// The source of a version says where its files are: whoever downloads them gets
// what stands there. Only what the space itself keeps is taken: a logged model, a
// version, the artifacts of a run. Files of this computer, addresses elsewhere and
// other projects are refused, and so is all that reads as something else once it is
// decoded.

// promptSources are what clients send for prompts, which have no files.
var promptSources = []string{"dummy-source", "prompt-template"}

var loggedKey = regexp.MustCompile(`^m-[0-9a-zA-Z_-]{1,64}$`)

// resolve is the version that a client's wish comes to.
func (u *unit) resolve(sp Space, m models.RegisteredModel, n NewVersion) (v models.RegisteredVersion, err error) {
	v = models.RegisteredVersion{ModelID: m.ID, Model: m.Name, Source: n.Source, Storage: n.Source, Run: n.Run, RunLink: n.RunLink, LoggedModel: n.LoggedModel}
	for _, placeholder := range promptSources {
		if m.Prompt && n.Source == placeholder {
			return v, nil
		}
	}
	scheme, rest, err := splitSource(n.Source)
	if err != nil {
		return v, err
	}
	switch scheme {
	case "models":
		err = u.fromModels(sp, &v, rest)
	case "runs":
		err = u.fromRun(sp, &v, rest)
	case "mlflow-artifacts":
		err = u.fromArtifacts(sp, &v, rest)
	default:
		err = badSource(n.Source)
	}
	if err == nil && v.Run == "" && v.LoggedModel != "" {
		err = u.fromLogged(sp, &v, v.LoggedModel)
	}
	return v, err
}

func badSource(source string) error {
	return models.Errorf(models.Invalid, "Invalid model version source: '%s'. It must be what this project keeps: models:/<logged model>, models:/<name>/<version>, runs:/<run>/<path> or mlflow-artifacts:/<path>, without relative parts.", shorten(source))
}

// splitSource is the scheme of a source and its path, which is clean in every
// reading: decoded as often as it can be it has no part to go elsewhere with.
func splitSource(source string) (scheme, rest string, err error) {
	scheme, rest, found := strings.Cut(source, ":/")
	if !found || rest == "" || strings.HasPrefix(rest, "/") || len(source) > 4000 {
		return "", "", badSource(source)
	}
	decoded := rest
	for range 10 {
		once, err := url.PathUnescape(decoded)
		if err != nil || once == decoded {
			break
		}
		decoded = once
	}
	strange := func(r rune) bool {
		return r == '\\' || r == '?' || r == '#' || unicode.IsControl(r) || r == unicode.ReplacementChar
	}
	if strings.IndexFunc(decoded, strange) >= 0 || slashes.Clean("/"+decoded) != "/"+strings.TrimSuffix(decoded, "/") {
		return "", "", badSource(source)
	}
	return scheme, rest, nil
}

// fromModels resolves models:/m-… and models:/NAME/VERSION, /NAME/STAGE and
// /NAME@ALIAS.
func (u *unit) fromModels(sp Space, v *models.RegisteredVersion, rest string) error {
	if loggedKey.MatchString(rest) {
		if v.LoggedModel != "" && v.LoggedModel != rest {
			return models.Errorf(models.Invalid, "Invalid model version source: '%s'. The model_id request parameter must identify the resource that contains the source.", v.Source)
		}
		v.LoggedModel = rest
		return u.fromLogged(sp, v, rest)
	}
	name, at, found := strings.Cut(rest, "/")
	if !found {
		if name, at, found = strings.Cut(rest, "@"); !found {
			return badSource(v.Source)
		}
	}
	name, err := url.PathUnescape(name)
	if err != nil {
		return badSource(v.Source)
	}
	version, err := versionNamed(u.query, sp, name, at)
	if err != nil {
		return err
	}
	from, err := readVersion(u.query, sp, name, version)
	if err != nil {
		return err
	}
	v.Storage, v.CopiedFrom, v.Source = from.Storage, models.VersionKey(name, itoa(version)), "models:/"+name+"/"+itoa(version)
	v.Run, v.LoggedModel = cmp.Or(v.Run, from.Run), cmp.Or(v.LoggedModel, from.LoggedModel)
	return nil
}

// versionNamed is a model's version by number, stage, alias or "latest".
func versionNamed(ask reader, sp Space, name, at string) (int64, error) {
	m, err := readModel(ask, sp, name)
	if err != nil {
		return 0, err
	}
	if n, err := strconv.ParseInt(at, 10, 64); err == nil {
		return n, nil
	}
	q, args := `SELECT version FROM registered_model_aliases WHERE model_id = ? AND alias = ?`, []any{m.ID, at}
	absent := models.Errorf(models.Invalid, "Registered model alias %s not found.", at)
	if strings.EqualFold(at, "latest") {
		q, args = `SELECT version FROM model_versions WHERE model_id = ? AND deleted_at = 0 ORDER BY version DESC LIMIT 1`, []any{m.ID}
		absent = models.Errorf(models.NotFound, "Latest version not found for model %s.", name)
	}
	rows, err := ask(q, args...)
	list, err := all(rows, err, scanNumber)
	if err != nil {
		return 0, err
	}
	if len(list) == 0 {
		return 0, absent
	}
	return list[0], nil
}

// fromLogged takes run and files from a logged model of the space.
func (u *unit) fromLogged(sp Space, v *models.RegisteredVersion, key string) error {
	l, err := readLogged(u.query, sp, key, false)
	if models.CodeOf(err) == models.NotFound {
		return models.Errorf(models.Invalid, "Unable to fetch model from model URI source artifact location '%s'. Error: Logged model with ID '%s' not found.", shorten(v.Source), key)
	}
	if err != nil {
		return err
	}
	v.Run = cmp.Or(v.Run, l.SourceRun)
	if v.Source == "models:/"+key {
		v.Storage = l.ArtifactURI
	}
	return nil
}

// fromRun resolves runs:/RUN/PATH: the run must be of the space, and the one that
// was named beside it.
func (u *unit) fromRun(sp Space, v *models.RegisteredVersion, rest string) error {
	key, _, found := strings.Cut(rest, "/")
	if !found || v.Run != "" && v.Run != key {
		return models.Errorf(models.Invalid, "Invalid model version source: '%s'. The run_id request parameter must identify the resource that contains the source.", shorten(v.Source))
	}
	if _, err := u.openRun(sp, key, false); err != nil {
		return asInvalid(err)
	}
	v.Run = key
	return nil
}

// asInvalid says a missing thing as a wrong source: the call is not about it.
func asInvalid(err error) error {
	if models.CodeOf(err) == models.NotFound {
		return models.Errorf(models.Invalid, "Invalid model version source: %s", err.Error())
	}
	return err
}

// fromArtifacts takes the artifacts of a run or of a logged model of the space:
// EXPERIMENT/RUN/artifacts/… or EXPERIMENT/models/KEY/artifacts/….
func (u *unit) fromArtifacts(sp Space, v *models.RegisteredVersion, rest string) error {
	parts := strings.Split(rest, "/")
	if len(parts) < 3 {
		return badSource(v.Source)
	}
	q, key := `SELECT artifact_uri FROM runs WHERE integration_id = ? AND key = ?`, parts[1]
	if parts[1] == "models" {
		q, key = `SELECT artifact_uri FROM logged_models WHERE integration_id = ? AND key = ?`, parts[2]
	}
	rows, err := u.query(q, sp.Integration.ID, key)
	list, err := all(rows, err, scanText)
	if err != nil {
		return err
	}
	if len(list) == 0 || v.Source != list[0] && !strings.HasPrefix(v.Source, list[0]+"/") {
		return badSource(v.Source)
	}
	if parts[1] != "models" {
		v.Run = cmp.Or(v.Run, key)
	}
	return nil
}
