package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"throughline/models"
)

// Delivery is one inbound event as received.
type Delivery struct {
	ID           int64
	Integration  Integration // without secrets
	EventID      string
	Name         string
	State, Error string // applied, ignored, parked
	ReceivedAt   time.Time
	Header       map[string]string
	Body         []byte    // empty in lists
	Purged       time.Time // when the body was removed for its age; zero: it was not
}

// DeliveryFilter limits a list of deliveries.
type DeliveryFilter struct {
	IntegrationID int64
	State         string
	Before        int64 // older than this one; 0 is the newest page
	Limit         int
}

// Deliveries lists what a project's integrations received, the newest first.
func (s *Store) Deliveries(ctx context.Context, project int64, f DeliveryFilter) ([]Delivery, error) {
	where, args := []string{`i.project_id = ?`}, []any{project}
	if f.IntegrationID != 0 {
		where, args = append(where, `d.integration_id = ?`), append(args, f.IntegrationID)
	}
	if f.State != "" {
		where, args = append(where, `d.state = ?`), append(args, f.State)
	}
	if f.Before != 0 {
		where, args = append(where, `d.id < ?`), append(args, f.Before)
	}
	rows, err := s.query(ctx, `SELECT d.id, i.id, i.project_id, i.source, i.name, d.event_id, d.name, d.state, d.error, d.received_at
 FROM deliveries d JOIN integrations i ON i.id = d.integration_id WHERE `+strings.Join(where, " AND ")+` ORDER BY d.id DESC LIMIT `+strconv.Itoa(pageSize(f.Limit)), args...)
	return all(rows, err, func(r *sql.Rows, d *Delivery) error {
		var at int64
		err := r.Scan(&d.ID, &d.Integration.ID, &d.Integration.ProjectID, &d.Integration.Source, &d.Integration.Name, &d.EventID, &d.Name, &d.State, &d.Error, &at)
		d.ReceivedAt = moment(at)
		return err
	})
}

// Delivery is one delivery of a project with its body and its integration, secrets included, for replay.
func (s *Store) Delivery(ctx context.Context, project, id int64) (d Delivery, err error) {
	var integration, at int64
	var header string
	err = s.row(ctx, `SELECT d.id, d.integration_id, d.event_id, d.name, d.state, d.error, d.received_at, d.header, d.body, d.purged_at
 FROM deliveries d JOIN integrations i ON i.id = d.integration_id WHERE d.id = ? AND i.project_id = ?`, []any{id, project},
		&d.ID, &integration, &d.EventID, &d.Name, &d.State, &d.Error, &at, &header, &d.Body, scanTime{&d.Purged})
	if err == sql.ErrNoRows {
		return d, models.Errorf(models.NotFound, "There is no such delivery.")
	}
	if err != nil {
		return d, err
	}
	d.ReceivedAt, d.Header = moment(at), map[string]string{}
	decode(header, &d.Header)
	d.Integration, err = s.integration(ctx, `i.id = ?`, integration)
	return d, err
}

// Replay applies a kept delivery again with the batch that its source decodes
// from it now. It is parked again when that fails.
func (s *Store) Replay(ctx context.Context, by models.Principal, d Delivery, b models.Batch, ignored bool, problem string) (out Outcome, err error) {
	if !d.Purged.IsZero() {
		return out, models.Errorf(models.Conflict, "The text of this delivery was removed on %s, as the hub keeps such texts for a limited time: it can not be applied again.", d.Purged.Format("2 January 2006"))
	}
	in := Inbound{Integration: d.Integration, By: by, ID: d.EventID, Name: d.Name, Batch: b}
	j := &job{ctx: ctx, by: by, done: make(chan struct{})}
	j.do = func(u *unit) error {
		out = Outcome{State: "applied", DeliveryID: d.ID}
		if problem != "" {
			return errors.New(problem)
		}
		if ignored {
			out.State = "ignored"
		} else if err := u.effects(in, d.ID); err != nil {
			return err
		}
		return u.replayed(d, &out)
	}
	j.instead = func(u *unit, failed error) error {
		out.State, out.Error = "parked", clean(failed.Error())
		return u.replayed(d, &out)
	}
	err = s.enqueue(j)
	return out, err
}

func (u *unit) replayed(d Delivery, out *Outcome) error {
	if _, err := u.exec(`UPDATE deliveries SET state = ?, error = ? WHERE id = ?`, out.State, out.Error, d.ID); err != nil {
		return err
	}
	_, err := u.record(d.Integration.ProjectID, 0, "delivery.replayed", map[string]any{"delivery": d.ID, "state": out.State})
	out.Seq = u.seq
	return err
}
