package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"throughline/models"
)

// Throughline is the chain behind what serves a model in an environment: the
// deployment in force, or when none is, the last one. It holds what the
// principal sees; NotFound when nothing of the kind was ever deployed there.
func (s *Store) Throughline(ctx context.Context, by models.Principal, environment, model string) (models.Throughline, error) {
	t := models.Throughline{Environment: environment, Model: model}
	deployment, err := s.serving(ctx, by, environment, model)
	if err != nil {
		return t, err
	}
	t.Deployment = deployment
	l := &liner{s: s, ctx: ctx, by: by, t: &t}
	for _, step := range []func() error{l.version, l.run, l.image, l.commit, l.pullRequests, l.datasets, l.governance, l.people} {
		if err := step(); err != nil {
			return t, err
		}
	}
	t.Gaps = t.FindGaps()
	return t, nil
}

// serving is the deployment of a line that is in force, or else the last.
func (s *Store) serving(ctx context.Context, by models.Principal, environment, model string) (models.Subject, error) {
	see, args := sight(by)
	rows, err := s.query(ctx, subjectSelect+` JOIN deployments d ON d.subject_id = s.id`+ours+`WHERE d.environment = ? AND d.model = ? AND `+see+
		` ORDER BY CASE s.state WHEN 'live' THEN 0 ELSE 1 END, d.share DESC, d.deployed_at DESC, s.key DESC LIMIT 1`, append([]any{environment, model}, args...)...)
	list, err := all(rows, err, scanSubject)
	if err != nil {
		return models.Subject{}, err
	}
	if len(list) == 0 {
		return models.Subject{}, models.Errorf(models.NotFound, "Nothing called %s was deployed to %s, or it is not yours to see.", shorten(model), shorten(environment))
	}
	return s.fresh(list)[0], nil
}

// liner walks a throughline from its deployment backwards.
type liner struct {
	s   *Store
	ctx context.Context
	by  models.Principal
	t   *models.Throughline
}

// follow are the far ends of a subject's links of one relation, a source's
// mention resolved to the subject itself, people's links first, then the newest.
func (l *liner) follow(from models.Subject, relation models.Relation, kind models.Kind) ([]models.Link, error) {
	links, err := l.s.linksWhere(l.ctx, l.by, `l.from_id = ? AND l.relation = ?`, from.ID, relation)
	if err != nil {
		return nil, err
	}
	links = slices.DeleteFunc(links, func(k models.Link) bool { return k.To.Ref.Kind != kind })
	slices.SortStableFunc(links, func(a, b models.Link) int { return flag(b.Manual) - flag(a.Manual) })
	for i := range links {
		if links[i].To, err = l.resolve(links[i].To); err != nil {
			return nil, err
		}
	}
	return links, nil
}

// resolve finds the described subject behind a mere mention: one integration
// may name a run by the id under which another describes it.
func (l *liner) resolve(s models.Subject) (models.Subject, error) {
	if s.Described || !s.Ref.Kind.SourceBound() {
		return s, nil
	}
	found, err := l.s.Find(l.ctx, l.by, models.Ref{Kind: s.Ref.Kind, Key: s.Ref.Key})
	if models.CodeOf(err) == models.NotFound {
		return s, nil
	}
	return found, err
}

// one follows to a single subject and notes the link.
func (l *liner) one(from models.Subject, relation models.Relation, kind models.Kind) (*models.Subject, error) {
	links, err := l.follow(from, relation, kind)
	if err != nil || len(links) == 0 {
		return nil, err
	}
	l.t.Links = append(l.t.Links, links[0])
	return &links[0].To, nil
}

func (l *liner) version() (err error) {
	if l.t.Version, err = l.one(l.t.Deployment, models.Deploys, models.ModelVersion); err != nil || l.t.Version != nil {
		return err
	}
	key := models.VersionKey(l.t.Model, l.t.Deployment.Text("version"))
	v, err := l.s.Find(l.ctx, l.by, models.Ref{Kind: models.ModelVersion, Key: key})
	if models.CodeOf(err) == models.NotFound {
		return nil
	}
	l.t.Version = &v
	return err
}

func (l *liner) run() (err error) {
	if l.t.Version == nil {
		return nil
	}
	if l.t.Run, err = l.one(*l.t.Version, models.ProducedBy, models.Run); err != nil {
		return err
	}
	if l.t.Run == nil { // TFX trains in a step of a pipeline run
		l.t.PipelineRun, err = l.one(*l.t.Version, models.ProducedBy, models.PipelineRun)
		return err
	}
	if l.t.PipelineRun, err = l.one(*l.t.Run, models.ExecutedIn, models.PipelineRun); err != nil {
		return err
	}
	return nil
}

// image is the container image that was deployed, or else the one that the version
// is packaged in.
func (l *liner) image() (err error) {
	if l.t.Image, err = l.one(l.t.Deployment, models.Deploys, models.Image); err != nil || l.t.Image != nil || l.t.Version == nil {
		return err
	}
	l.t.Image, err = l.one(*l.t.Version, models.PackagedIn, models.Image)
	return err
}

// commit is what the run was built from; else what its pipeline run was, what the
// version names, what the deployment names, what the image was built from.
func (l *liner) commit() (err error) {
	from := []struct {
		subject  *models.Subject
		relation models.Relation
	}{{l.t.Run, models.BuiltFrom}, {l.t.PipelineRun, models.BuiltFrom}, {l.t.Version, models.BuiltFrom}, {&l.t.Deployment, models.Deploys}, {l.t.Image, models.BuiltFrom}}
	for _, f := range from {
		if f.subject == nil {
			continue
		}
		if l.t.Commit, err = l.one(*f.subject, f.relation, models.Commit); err != nil || l.t.Commit != nil {
			return err
		}
	}
	return nil
}

// pullRequests are those that the commit was merged as or is part of; where one
// was merged as the commit, those that merely contain it are left out.
func (l *liner) pullRequests() error {
	if l.t.Commit == nil {
		return nil
	}
	links, err := l.s.linksWhere(l.ctx, l.by, `l.to_id = ? AND l.relation IN ('merged_as', 'contains')`, l.t.Commit.ID)
	if err != nil {
		return err
	}
	merged := slices.ContainsFunc(links, func(k models.Link) bool { return k.Relation == models.MergedAs })
	seen := map[int64]bool{}
	for _, k := range links {
		if k.From.Ref.Kind != models.PullRequest || seen[k.From.ID] || merged && k.Relation != models.MergedAs {
			continue
		}
		seen[k.From.ID] = true
		l.t.Links = append(l.t.Links, k)
		l.t.PullRequests = append(l.t.PullRequests, models.PullRequestLine{Subject: k.From, Reviews: reviews(k.From)})
	}
	return nil
}

// reviews reads the facts "review.LOGIN" of a pull request.
func reviews(s models.Subject) (out []models.Review) {
	for name, value := range s.Facts {
		login, ok := strings.CutPrefix(name, "review.")
		if !ok {
			continue
		}
		text, err := json.Marshal(value)
		var r models.Review
		if err != nil || json.Unmarshal(text, &r) != nil || r.State == "" {
			continue
		}
		r.By = login
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b models.Review) int { return strings.Compare(a.By, b.By) })
	return out
}

// datasets are the dataset versions behind the run, or where a version came
// without a run, those it names itself.
func (l *liner) datasets() error {
	from := l.t.Run
	if from == nil {
		from = l.t.Version
	}
	if from == nil {
		return nil
	}
	for _, relation := range []models.Relation{models.TrainedOn, models.EvaluatedOn} {
		links, err := l.follow(*from, relation, models.DatasetVersion)
		if err != nil {
			return err
		}
		for _, k := range links {
			key, _, _ := models.SplitDatasetVersion(k.To.Ref.Key)
			l.t.Links = append(l.t.Links, k)
			l.t.Datasets = append(l.t.Datasets, models.DatasetLine{Version: k.To, Dataset: models.Ref{Kind: models.Dataset, Key: key}, Relation: relation})
		}
	}
	return nil
}

// governance is what people said of the data behind the line.
func (l *liner) governance() error {
	sets, err := l.s.governanceByKey(l.ctx, l.t.Datasets)
	if err != nil || len(sets) == 0 {
		return err
	}
	var versions []int64
	for i, d := range l.t.Datasets {
		g := sets[d.Dataset.Key]
		l.t.Datasets[i].Governance = g
		if g.Retention != "" {
			versions = append(versions, d.Version.ID)
		}
	}
	taken, err := l.s.VersionTimes(l.ctx, versions)
	for i, d := range l.t.Datasets {
		l.t.Datasets[i].Taken = taken[d.Version.ID]
	}
	return err
}

// people are the owners of the model and of the datasets, and the model card.
func (l *liner) people() (err error) {
	if l.t.Card, err = l.s.Card(l.ctx, l.t.Model); err != nil {
		return err
	}
	if l.t.Card != nil && strings.TrimSpace(l.t.Card.Markdown) == "" {
		l.t.Card = nil
	}
	refs := []models.Ref{{Kind: models.Model, Key: l.t.Model}}
	if l.t.Version != nil {
		refs = append(refs, l.t.Version.Ref)
	}
	if l.t.ModelOwners, err = l.s.ownersOfRefs(l.ctx, refs...); err != nil {
		return err
	}
	for i, d := range l.t.Datasets {
		if l.t.Datasets[i].Owners, err = l.s.ownersOfRefs(l.ctx, d.Dataset, d.Version.Ref); err != nil {
			return err
		}
	}
	return nil
}

// ownersOfRefs are the owners of several neutral subjects together.
func (s *Store) ownersOfRefs(ctx context.Context, refs ...models.Ref) (out []models.Owner, err error) {
	for _, ref := range refs {
		var id int64
		err := s.row(ctx, `SELECT id FROM subjects WHERE kind = ? AND key = ? AND integration_id = 0`, []any{ref.Kind, ref.Key}, &id)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list, err := s.Owners(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}
