// Package promises holds what every source that receives posts promises, as one
// test that each source runs over its own payloads.
package promises

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"throughline/integrations"
)

// Cases are a source's own posts. Every map is keyed by the name of the case.
type Cases struct {
	Account integrations.Account
	Valid   map[string]integrations.Request // genuine and understood: no error, not ignored
	Unknown map[string]integrations.Request // genuine, of a kind the source does not know: ignored
	// Sign proves a post whose body was replaced, as the upstream would. Sources of
	// integrations.BySignature need it, others leave it out.
	Sign func(r *integrations.Request)
	// Word says that what proves a post is a secret word in its header, which says
	// nothing of the bytes (GitLab, Hugging Face): a post without it is refused.
	Word bool
}

// Keep tests that source keeps its promises: a valid post decodes, the same way
// each time, and replays the same; an altered one is refused where signatures
// prove it; an unknown event is ignored; anything else is an error and no panic.
func Keep(t *testing.T, source integrations.Receiver, cases Cases) {
	t.Helper()
	if len(cases.Valid) == 0 {
		t.Fatal("a source without one valid post promises nothing")
	}
	signed := source.About().Auth == integrations.BySignature
	if signed && cases.Sign == nil && !cases.Word {
		t.Fatal("a source that verifies signatures needs Cases.Sign")
	}
	k := keeper{source: source, cases: cases}
	for _, name := range slices.Sorted(maps.Keys(cases.Valid)) {
		r := cases.Valid[name]
		t.Run(name+" decodes", func(t *testing.T) { k.decodes(t, r) })
		t.Run(name+" decodes the same twice", func(t *testing.T) { k.twice(t, r) })
		t.Run(name+" replays the same", func(t *testing.T) { k.replays(t, r) })
		switch {
		case signed && cases.Word:
			t.Run(name+" without the word is refused", func(t *testing.T) { k.refusesWordless(t, r) })
		case signed:
			t.Run(name+" altered is refused", func(t *testing.T) { k.refuses(t, r) })
		}
		t.Run(name+" broken never panics", func(t *testing.T) { k.survives(t, r) })
	}
	for _, name := range slices.Sorted(maps.Keys(cases.Unknown)) {
		t.Run(name+" is ignored", func(t *testing.T) { k.ignores(t, cases.Unknown[name]) })
	}
}

type keeper struct {
	source integrations.Receiver
	cases  Cases
}

func (k keeper) decodes(t *testing.T, r integrations.Request) {
	for _, e := range k.accepted(t, r) {
		switch {
		case e.Err != nil:
			t.Errorf("%s is parked: %v", e.Name, e.Err)
		case e.Ignored:
			t.Errorf("%s is ignored", e.Name)
		case e.Name == "":
			t.Error("the event has no name")
		}
		for _, d := range e.Batch.Descriptions {
			if d.At.IsZero() {
				t.Errorf("%s %q carries no time of the upstream", d.Ref.Kind, d.Ref.Key)
			}
		}
		if err := Sound(e.Batch); err != nil {
			t.Error(err)
		}
	}
}

func (k keeper) twice(t *testing.T, r integrations.Request) {
	before := clone(r)
	first, second := k.accepted(t, r), k.accepted(t, r)
	if diff := cmp.Diff(first, second, compareErrors()); diff != "" {
		t.Errorf("the second decoding differs:\n%s", diff)
	}
	if diff := cmp.Diff(before, r); diff != "" {
		t.Errorf("the request was changed:\n%s", diff)
	}
}

func (k keeper) replays(t *testing.T, r integrations.Request) {
	replayer, ok := k.source.(integrations.Replayer)
	if !ok {
		t.Skip("the source does not replay")
	}
	for _, e := range k.accepted(t, r) {
		again, err := replayer.Replay(context.Background(), k.cases.Account, e.Name, r.Header.Clone(), e.Body)
		if err != nil {
			t.Fatalf("replay %s: %v", e.Name, err)
		}
		if diff := cmp.Diff(e.Batch, again.Batch); diff != "" {
			t.Errorf("the replay of %s differs:\n%s", e.Name, diff)
		}
	}
}

// refuses alters one byte at a time, at places spread over the body.
func (k keeper) refuses(t *testing.T, r integrations.Request) {
	step := max(1, len(r.Body)/16)
	for i := 0; i < len(r.Body); i += step {
		altered := clone(r)
		altered.Body[i] ^= 1
		if _, err := k.receive(altered); !errors.Is(err, integrations.ErrSignature) {
			t.Errorf("byte %d was altered and the answer is %v", i, err)
		}
	}
	empty := clone(r)
	empty.Body = nil
	if _, err := k.receive(empty); !errors.Is(err, integrations.ErrSignature) {
		t.Errorf("the body was taken away and the answer is %v", err)
	}
}

// refusesWordless takes away each header that is not about the body's form.
func (k keeper) refusesWordless(t *testing.T, r integrations.Request) {
	bare := clone(r)
	bare.Header = map[string][]string{"Content-Type": r.Header.Values("Content-Type")}
	if _, err := k.receive(bare); !errors.Is(err, integrations.ErrSignature) {
		t.Errorf("without its headers the answer is %v", err)
	}
}

func (k keeper) ignores(t *testing.T, r integrations.Request) {
	for _, e := range k.accepted(t, r) {
		if !e.Ignored || e.Err != nil || len(e.Batch.Descriptions)+len(e.Batch.Cards) > 0 {
			t.Errorf("%s is not ignored: %+v", e.Name, e)
		}
	}
}

func (k keeper) accepted(t *testing.T, r integrations.Request) []integrations.Event {
	t.Helper()
	events, err := k.receive(r)
	if err != nil {
		t.Fatalf("the post is refused: %v", err)
	}
	if len(events) == 0 {
		t.Fatal("the post tells nothing")
	}
	return events
}

// receive turns a panic into an error that no promise accepts.
func (k keeper) receive(r integrations.Request) (events []integrations.Event, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return k.source.Receive(context.Background(), k.cases.Account, r)
}

func clone(r integrations.Request) integrations.Request {
	r.Header, r.Query, r.Body = r.Header.Clone(), maps.Clone(r.Query), bytes.Clone(r.Body)
	return r
}

// compareErrors lets events be compared whose errors are equal by their words.
func compareErrors() cmp.Option {
	return cmp.Comparer(func(a, b error) bool {
		return a == nil && b == nil || a != nil && b != nil && a.Error() == b.Error()
	})
}
