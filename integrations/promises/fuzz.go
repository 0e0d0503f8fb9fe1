package promises

import (
	"bytes"
	"context"
	"net/http"
	"testing"

	"throughline/integrations"
)

// Fuzz posts mutations of the seeds' bodies with the seeds' headers. Each body
// goes through Receive as it is and, because a signature stops most of them
// there, through Replay, which decodes without one.
func Fuzz(f *testing.F, source integrations.Receiver, account integrations.Account, seeds ...integrations.Request) {
	f.Helper()
	k := keeper{source: source, cases: Cases{Account: account}}
	names := make([]string, len(seeds))
	for i, seed := range seeds {
		f.Add(uint(i), seed.Body)
		if events, err := k.receive(seed); err == nil && len(events) > 0 {
			f.Add(uint(i), events[0].Body)
			names[i] = events[0].Name
		}
	}
	f.Fuzz(func(t *testing.T, i uint, body []byte) {
		n := i % uint(len(seeds))
		r := clone(seeds[n])
		r.Body = bytes.Clone(body)
		events, err := source.Receive(context.Background(), account, r)
		if problem := verdict(events, err); problem != nil {
			t.Error(problem)
		}
		fuzzReplay(t, source, account, names[n], r.Header, body)
	})
}

func fuzzReplay(t *testing.T, source integrations.Receiver, account integrations.Account, name string, header http.Header, body []byte) {
	replayer, ok := source.(integrations.Replayer)
	if !ok || name == "" {
		return
	}
	event, err := replayer.Replay(context.Background(), account, name, header, body)
	if problem := verdict([]integrations.Event{event}, err); problem != nil {
		t.Error(problem)
	}
}
