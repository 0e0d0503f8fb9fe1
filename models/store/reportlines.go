package store

import (
	"context"
	"database/sql"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"throughline/models"
)

// statuses adds the reports of deployed commits: one for each environment that a
// commit serves in, and those of commits that serve there no more.
func (w *wanting) statuses(ctx context.Context) error {
	serving, err := w.servingCommits(ctx)
	if err != nil {
		return err
	}
	told, err := w.toldStatuses(ctx, w.integration)
	if err != nil {
		return err
	}
	for key, old := range told {
		r, still := serving[key]
		if !still && old.Sent == "" {
			continue
		}
		if !still {
			r = old
			r.Line = models.LineReport{Environment: old.Target}
			r.Page = old.Subject.Path()
		}
		r.ID, r.Told = old.ID, old.Told
		serving[key] = r
	}
	for _, key := range slices.SortedFunc(maps.Keys(serving), reportKey.compare) {
		w.out = append(w.out, serving[key])
	}
	return nil
}

// servingCommits are the commits behind what is live, of repositories that the
// project sees.
func (w *wanting) servingCommits(ctx context.Context) (map[reportKey]models.Report, error) {
	lines, err := w.liveLines(ctx)
	out := map[reportKey]models.Report{}
	for n := 0; n < len(lines) && err == nil; n++ {
		var line models.Throughline
		line, err = w.lineOnce(ctx, lines[n][0], lines[n][1])
		if err == nil && line.Commit != nil {
			w.serves(out, line)
		}
	}
	return out, err
}

// serves adds a line to the report of its commit.
func (w *wanting) serves(out map[reportKey]models.Report, line models.Throughline) {
	r := statusReport(w.integration, *line.Commit, line.Environment)
	if known, ok := out[reportKeyOf(r)]; ok {
		r = known
	}
	r.Page = "/throughline/" + url.PathEscape(line.Environment) + "/" + url.PathEscape(line.Model)
	if len(r.Line.Models) > 0 { // several models share one status: the page of the commit has them all
		r.Page = line.Commit.Ref.Path()
	}
	version := line.Deployment.Text("version")
	r.Line.Models = append(r.Line.Models, models.ReportedLine{Model: line.Model, Version: version, Since: line.Deployment.StateAt, Gaps: len(line.Gaps)})
	out[reportKeyOf(r)] = r
}

func statusReport(integration int64, commit models.Subject, environment string) models.Report {
	repository, sha, _ := models.SplitCommit(commit.Ref.Key)
	return models.Report{Integration: integration, Kind: models.ReportStatus, Subject: commit.Ref, SubjectID: commit.ID, Repository: repository,
		SHA: sha, Target: environment, Line: models.LineReport{Environment: environment}}
}

// liveLines are the environments and models that something live serves.
func (w *wanting) liveLines(ctx context.Context) ([][2]string, error) {
	see, args := sight(w.by)
	rows, err := w.query(ctx, `SELECT DISTINCT d.environment, d.model FROM subjects s JOIN deployments d ON d.subject_id = s.id`+ours+`
 WHERE s.kind = 'deployment' AND s.state = 'live' AND d.model <> '' AND `+see+` ORDER BY d.environment, d.model LIMIT `+strconv.Itoa(linesReported), args...)
	return all(rows, err, func(r *sql.Rows, line *[2]string) error { return r.Scan(&line[0], &line[1]) })
}
