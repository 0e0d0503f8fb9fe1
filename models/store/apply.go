package store

import (
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
	Duplicate  bool   // seen before; nothing was done
	State      string // applied, ignored, parked
	Error      string // of a parked one
	DeliveryID int64
	Seq        int64 // the newest activity after it
}

// Apply stores the delivery with all its effects in one transaction and returns
// when both are on disk. A delivery that can not be applied is parked with its
// error; a repeated one has no second effect.
func (s *Store) Apply(ctx context.Context, in Inbound) (out Outcome, err error) {
	err = s.write(ctx, in.principal(), func(u *unit) error {
		out = Outcome{}
		return u.deliver(in, &out)
	})
	return out, err
}

func (in Inbound) principal() models.Principal {
	if in.By.Anonymous() {
		return models.Principal{IntegrationID: in.Integration.ID, Name: in.Integration.Label()}
	}
	return in.By
}

func (u *unit) deliver(in Inbound, out *Outcome) error {
	out.State = "applied"
	if in.Ignored {
		out.State = "ignored"
	}
	err := u.row(`INSERT INTO deliveries (integration_id, event_id, name, state, header, body, actor, seq, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
 ON CONFLICT (integration_id, event_id) DO NOTHING RETURNING id`,
		[]any{in.Integration.ID, clean(in.ID), clean(in.Name), out.State, encode(orEmpty(in.Header)), in.Body, u.by.Actor(), u.seq, u.at()}, &out.DeliveryID)
	if errors.Is(err, sql.ErrNoRows) {
		out.Duplicate = true
		return errNothing
	}
	if err != nil {
		return fmt.Errorf("keep the delivery: %w", err)
	}
	if err := u.settle(in, out); err != nil {
		return err
	}
	u.heard(in.Integration.ID, u.at(), newest(in.Batch))
	out.Seq = u.seq
	return nil
}

// settle applies the batch of a kept delivery, or parks the delivery.
func (u *unit) settle(in Inbound, out *Outcome) error {
	problem := in.Problem
	if problem == "" && !in.Ignored {
		if err := u.attempt("effects", func() error { return u.effects(in, out.DeliveryID) }); err != nil {
			if u.broken != nil {
				return u.broken
			}
			problem = err.Error()
		}
	}
	if problem == "" {
		return nil
	}
	out.State, out.Error = "parked", problem
	_, err := u.exec(`UPDATE deliveries SET state = 'parked', error = ? WHERE id = ?`, clean(problem), out.DeliveryID)
	return err
}

// effects are all that a batch changes.
func (u *unit) effects(in Inbound, delivery int64) error {
	w := &wave{unit: u, in: in, delivery: delivery, project: in.Integration.ProjectID}
	for _, d := range in.Batch.Descriptions {
		if err := w.describe(d); err != nil {
			return err
		}
	}
	for _, card := range in.Batch.Cards {
		if err := w.saveCard(card); err != nil {
			return err
		}
	}
	return w.evaluate()
}

// ApplyPoll applies what a poll found and saves its cursor in the same transaction.
func (s *Store) ApplyPoll(ctx context.Context, i Integration, b models.Batch) error {
	in := Inbound{Integration: i, Name: "poll", Batch: b}
	return s.write(ctx, in.principal(), func(u *unit) error {
		if err := u.effects(in, 0); err != nil {
			return err
		}
		if len(b.Descriptions)+len(b.Cards) > 0 {
			u.heard(i.ID, u.at(), newest(b))
		}
		_, err := u.exec(`UPDATE integrations SET cursor = ?, state = 'ok', error = '', failures = 0, paused_until_at = 0, polled_at = ? WHERE id = ?`,
			b.Cursor, u.at(), i.ID)
		return err
	})
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
	owned    map[int64]bool
}

// touch notes that a subject has to be evaluated.
func (w *wave) touch(row *subjectRow) {
	if !row.touched {
		row.touched = true
		w.touched = append(w.touched, row.id)
	}
}
