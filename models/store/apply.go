package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"throughline/models"
)

// Inbound is one verified event on its way in.
type Inbound struct {
	Integration Integration
	By          models.Principal // the bot that posted; empty: the integration itself, by its signature
	ID, Name    string           // the upstream's id of the delivery, and the event's name
	Header      map[string]string
	Body        []byte
	Batch       models.Batch
	Ignored     bool   // genuine, but not for us
	Problem     string // genuine, but not understood: parked
}

// Outcome says what became of an Inbound.
type Outcome struct {
	Duplicate  bool   // seen before; nothing was done, and the rest is what became of it then
	Differs    bool   // a duplicate that says something else than the first
	State      string // applied, ignored, parked
	Error      string // of a parked one
	DeliveryID int64
	Seq        int64 // the newest activity after it
}

// Apply stores the delivery with all its effects in one transaction and returns
// when both are on disk. A delivery that can not be applied is parked with its
// error; a repeated one has no second effect.
func (s *Store) Apply(ctx context.Context, in Inbound) (out Outcome, err error) {
	j := &job{ctx: ctx, by: in.principal(), done: make(chan struct{})}
	j.do = func(u *unit) error {
		out = Outcome{State: "applied"}
		in, err := u.withoutForgotten(in)
		if err != nil {
			return err
		}
		switch {
		case in.Problem != "":
			return u.park(in, in.Problem, &out)
		case in.Ignored:
			out.State = "ignored"
			return u.deliver(in, &out)
		}
		if err := u.deliver(in, &out); err != nil {
			return err
		}
		err = u.effects(in, out.DeliveryID)
		out.Seq = u.seq
		return err
	}
	j.instead = func(u *unit, failed error) error {
		in := in
		in.Problem = failed.Error()
		in, err := u.withoutForgotten(in)
		if err != nil {
			return err
		}
		return u.park(in, in.Problem, &out)
	}
	if err = s.enqueue(j); err == nil && out.Duplicate {
		err = s.remember(ctx, in, &out)
	}
	return out, err
}

// remember says what became of a delivery that was seen before.
func (s *Store) remember(ctx context.Context, in Inbound, out *Outcome) error {
	var body []byte
	err := s.row(ctx, `SELECT id, state, error, body FROM deliveries WHERE integration_id = ? AND event_id = ?`, []any{in.Integration.ID, clean(in.ID)},
		&out.DeliveryID, &out.State, &out.Error, &body)
	if errors.Is(err, sql.ErrNoRows) { // cleared away meanwhile
		return nil
	}
	out.Differs = len(body) > 0 && !bytes.Equal(body, in.Body)
	return err
}

func (in Inbound) principal() models.Principal {
	if in.By.Anonymous() {
		return models.Principal{IntegrationID: in.Integration.ID, Name: in.Integration.Label()}
	}
	return in.By
}

// deliver keeps a delivery; errNothing when it was seen before.
func (u *unit) deliver(in Inbound, out *Outcome) error {
	err := u.row(`INSERT INTO deliveries (integration_id, event_id, name, state, error, header, body, actor, seq, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
 ON CONFLICT (integration_id, event_id) DO NOTHING RETURNING id`,
		[]any{in.Integration.ID, clean(in.ID), clean(in.Name), out.State, out.Error, encode(orEmpty(in.Header)), in.Body, u.by.Actor(), u.seq, u.at()}, &out.DeliveryID)
	if errors.Is(err, sql.ErrNoRows) {
		out.Duplicate = true
		return errNothing
	}
	if err != nil {
		return fmt.Errorf("keep the delivery: %w", err)
	}
	u.heard(in.Integration.ID, u.at(), newest(in.Batch))
	out.Seq = u.seq
	return nil
}

// park keeps a delivery that can not be applied, with the reason.
func (u *unit) park(in Inbound, problem string, out *Outcome) error {
	*out = Outcome{State: "parked", Error: clean(problem)}
	return u.deliver(in, out)
}

// effects are all that a batch changes.
func (u *unit) effects(in Inbound, delivery int64) error {
	w, err := u.wave(in, delivery)
	if err != nil {
		return err
	}
	return w.evaluate()
}

// wave takes in all that a batch describes; what follows from it is yet to be
// evaluated.
func (u *unit) wave(in Inbound, delivery int64) (w *wave, err error) {
	w = &wave{unit: u, in: in, delivery: delivery, project: in.Integration.ProjectID}
	if w.gone, err = u.forgot(); err != nil {
		return nil, err
	}
	for _, d := range in.Batch.Descriptions {
		if err := w.describe(d); err != nil {
			return nil, err
		}
	}
	for _, card := range in.Batch.Cards {
		if err := w.saveCard(card); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// ApplyPoll applies what a poll found since the cursor from, and saves its own
// cursor in the same transaction. Where the cursor was changed meanwhile, by a
// restart or another process, what was found counts and the cursor does not.
func (s *Store) ApplyPoll(ctx context.Context, i Integration, from string, b models.Batch) error {
	in := Inbound{Integration: i, Name: "poll", Batch: b}
	return s.write(ctx, in.principal(), func(u *unit) error {
		if err := u.effects(in, 0); err != nil {
			return err
		}
		if len(b.Descriptions)+len(b.Cards) > 0 {
			u.heard(i.ID, u.at(), newest(b))
		}
		return u.polled(i.ID, from, b)
	})
}

// polled saves the cursor of a poll that went well, and how far it came.
func (u *unit) polled(integration int64, from string, b models.Batch) error {
	var now string
	if err := u.row(`SELECT cursor FROM integrations WHERE id = ?`, []any{integration}, &now); err != nil {
		return err
	}
	if now != from {
		return nil
	}
	if err := u.synced(integration, b); err != nil {
		return err
	}
	state := "ok"
	if b.Problem != "" {
		state = "failing"
	}
	_, err := u.exec(`UPDATE integrations SET cursor = ?, state = ?, error = ?, failures = 0, paused_until_at = 0, polled_at = ? WHERE id = ?`,
		b.Cursor, state, cut(clean(b.Problem), 500), u.at(), integration)
	return err
}

// newest is the newest time that a batch speaks of; 0 when it names none.
func newest(b models.Batch) (ms int64) {
	for _, d := range b.Descriptions {
		ms = max(ms, millis(d.At))
	}
	return ms
}

// wave is one batch spreading: the subjects it touches and what follows from them.
type wave struct {
	*unit
	in       Inbound
	delivery int64
	project  int64
	touched  []int64 // subjects to evaluate, in order
	gone     *forgotten
}

// touch notes that a subject has to be evaluated.
func (w *wave) touch(row *subjectRow) {
	if !row.touched {
		row.touched = true
		w.touched = append(w.touched, row.id)
	}
}
