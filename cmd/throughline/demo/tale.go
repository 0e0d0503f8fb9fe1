package demo

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"time"
)

// object is JSON in the making.
type object = map[string]any

// beat is one thing that happens: at a planned moment in the past, or whenever
// its turn comes in the present.
type beat struct {
	at  time.Time
	say func(at time.Time) message
}

// tale is one thread of the story, written beat by beat. Its chance depends on
// its id alone.
type tale struct {
	id     string
	clock  time.Time
	beats  []beat
	chance *rand.Rand
}

func newTale(id string, start time.Time) *tale {
	seed := sha256.Sum256([]byte("throughline demo " + id))
	return &tale{id: id, clock: start,
		chance: rand.New( // #nosec G404 -- a tale that is told the same way again
			rand.NewPCG(binary.BigEndian.Uint64(seed[:8]), binary.BigEndian.Uint64(seed[8:16])))}
}

// wait lets time pass: between half and one and a half times the given.
func (t *tale) wait(about time.Duration) {
	t.clock = t.clock.Add(time.Duration((0.5 + t.chance.Float64()) * float64(about))).Truncate(time.Second)
}

// then adds a beat at the tale's present moment.
func (t *tale) then(say func(at time.Time) message) {
	t.beats = append(t.beats, beat{at: t.clock, say: say})
}

// sha is a commit's or a digest's name, of so many hexadecimal digits.
func (t *tale) sha(what string, digits int) string {
	sum := sha256.Sum256([]byte(t.id + " " + what))
	return hex.EncodeToString(sum[:])[:digits]
}

// serial is an id as GitHub gives them, the same for the same thing.
func (t *tale) serial(what string) int64 {
	sum := sha256.Sum256([]byte(t.id + " serial " + what))
	return int64(binary.BigEndian.Uint64(sum[:8]) % 90_000_000_000)
}

// stamp is a time as every upstream writes it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// stampOrNull is null before it happened.
func stampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}
