package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"throughline/models"
)

// DeploymentRow is one deployment in a list.
type DeploymentRow struct {
	Subject                     models.Subject
	Environment, Model, Version string
	Share                       float64
	By                          string
	At                          time.Time
	Gaps                        int // of the line, for live ones of a model
}

// DeploymentFilter limits a list of deployments.
type DeploymentFilter struct {
	Environment, Model, Project string // Project is a key
	State                       models.State
	After                       string
	Limit                       int
}

// Deployments lists what the principal sees, the newest first. Live ones come
// with the number of gaps in their throughline.
func (s *Store) Deployments(ctx context.Context, by models.Principal, f DeploymentFilter) ([]DeploymentRow, string, error) {
	where, args, err := f.where(by)
	if err != nil {
		return nil, "", err
	}
	size := pageSize(f.Limit)
	rows, err := s.query(ctx, strings.Replace(subjectSelect, "SELECT ", "SELECT d.environment, d.model, d.version, d.share, d.deployed_at, ", 1)+
		` JOIN deployments d ON d.subject_id = s.id WHERE `+strings.Join(where, " AND ")+` ORDER BY d.deployed_at DESC, s.id DESC LIMIT `+strconv.Itoa(size+1), args...)
	list, err := all(rows, err, s.scanDeployment)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(list) > size {
		list = list[:size]
		next = cursor(list[size-1].At.UnixMilli(), list[size-1].Subject.ID)
	}
	return list, next, s.countGaps(ctx, by, list)
}

func (f DeploymentFilter) where(by models.Principal) ([]string, []any, error) {
	see, args := sight(by)
	where := []string{see}
	for _, c := range []struct{ column, value string }{{"d.environment", f.Environment}, {"d.model", f.Model}, {"s.state", string(f.State)}} {
		if c.value != "" {
			where, args = append(where, c.column+` = ?`), append(args, c.value)
		}
	}
	if f.Project != "" {
		where = append(where, `EXISTS (SELECT 1 FROM project_subjects pf JOIN projects p ON p.id = pf.project_id WHERE pf.subject_id = s.id AND p.key = ?)`)
		args = append(args, f.Project)
	}
	if f.After != "" {
		at, id, err := readCursor(f.After)
		if err != nil {
			return nil, nil, err
		}
		where, args = append(where, `(d.deployed_at < ? OR d.deployed_at = ? AND s.id < ?)`), append(args, at, at, id)
	}
	return where, args, nil
}

func (s *Store) scanDeployment(r *sql.Rows, d *DeploymentRow) error {
	var l listed
	var facts string
	var stateAt, updated, at int64
	x := &l.Subject
	err := r.Scan(&d.Environment, &d.Model, &d.Version, &d.Share, &at, &x.ID, &x.Ref.Kind, &x.Ref.Key, &x.Ref.Integration, &x.Title, &x.URL, &x.State, &x.Raw,
		&stateAt, &x.Described, &facts, &updated, &x.Seq, &l.upstream, &x.Source, &x.Integration)
	f := models.Facts{}
	decode(facts, &f)
	x.Facts, x.StateAt, x.UpdatedAt = f.Values(), moment(stateAt), moment(updated)
	d.Subject, d.At, d.By = *x, moment(at), x.Text("by")
	return err
}

// countGaps walks the line of each live deployment of a model in a list, once
// for each line.
func (s *Store) countGaps(ctx context.Context, by models.Principal, list []DeploymentRow) error {
	known := map[[2]string]int{}
	for i, d := range list {
		if d.Model == "" || d.Subject.State != models.Live {
			continue
		}
		line := [2]string{d.Environment, d.Model}
		if _, done := known[line]; !done {
			t, err := s.Throughline(ctx, by, d.Environment, d.Model)
			if err != nil {
				return err
			}
			known[line] = len(t.Gaps)
		}
		list[i].Gaps = known[line]
	}
	return nil
}
