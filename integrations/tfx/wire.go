package tfx

import (
	"cmp"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is one field of a message of protobuf.
type field struct {
	number protowire.Number
	value  uint64 // of a number
	bytes  []byte // of a text or message
}

// parse are the fields of a message up to where it breaks off.
func parse(message []byte) (out []field) {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return out
		}
		message = message[n:]
		f := field{number: number}
		switch kind {
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(message)
		case protowire.Fixed64Type:
			f.value, n = protowire.ConsumeFixed64(message)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(message)
		default:
			n = protowire.ConsumeFieldValue(number, kind, message)
		}
		if n < 0 {
			return out
		}
		message, out = message[n:], append(out, f)
	}
	return out
}

func varint(number protowire.Number, values ...int64) (out []byte) {
	for _, v := range values {
		out = protowire.AppendVarint(protowire.AppendTag(out, number, protowire.VarintType), uint64(v)) // #nosec G115 -- ids, as protobuf writes them
	}
	return out
}

// numbers are the fields of Artifact, Execution and Context that are read
// (metadata_store.proto); 0 for none.
type numbers struct{ id, name, kind, state, uri, properties, custom, created, updated protowire.Number }

var (
	artifactFields  = numbers{id: 1, name: 7, kind: 8, state: 6, uri: 3, properties: 4, custom: 5, created: 9, updated: 10}
	executionFields = numbers{id: 1, name: 6, kind: 7, state: 3, properties: 4, custom: 5, created: 8, updated: 9}
	contextFields   = numbers{id: 1, name: 3, kind: 6, properties: 4, custom: 5, created: 7, updated: 8}
)

// thingOf reads an Artifact, Execution or Context.
func thingOf(message []byte, n numbers) artifact {
	a := artifact{thing: thing{Properties: map[string]any{}}}
	var custom []field
	for _, f := range parse(message) {
		switch f.number {
		case n.id:
			a.ID = signed(f.value)
		case n.name:
			a.Name = clean(string(f.bytes), 1000)
		case n.kind:
			a.Type = clean(string(f.bytes), 300)
		case n.created:
			a.Created = signed(f.value)
		case n.updated:
			a.Updated = signed(f.value)
		case n.properties:
			a.property(f.bytes)
		case n.custom:
			custom = append(custom, f)
		default:
			switch {
			case f.number == n.state && n.state != 0:
				a.State = signed(f.value)
			case f.number == n.uri && n.uri != 0:
				a.URI = clean(string(f.bytes), 2000)
			}
		}
	}
	for _, f := range custom { // they stand above those of the type, as in a database
		a.property(f.bytes)
	}
	return a
}

func signed(v uint64) int64 { return int64(v) } // #nosec G115 -- two's complement, as protobuf writes int64

// property reads an entry of a map from names to Values.
func (t *thing) property(entry []byte) {
	name, value := "", any(nil)
	for _, f := range parse(entry) {
		if f.number == 1 {
			name = string(f.bytes)
		} else if f.number == 2 {
			value = valueOf(f.bytes)
		}
	}
	if value != nil {
		t.Properties[name] = value
	}
}

// valueOf reads a Value.
func valueOf(message []byte) (value any) {
	for _, f := range parse(message) {
		switch f.number {
		case 1:
			value = signed(f.value)
		case 2:
			value = math.Float64frombits(f.value)
		case 3:
			value = unpacked(string(f.bytes))
		case 4:
			value = structure(f.bytes)
		case 6:
			value = f.value != 0
		}
	}
	return value
}

// eventOf reads an Event; its key is the first of its path.
func eventOf(message []byte) (e event) {
	for _, f := range parse(message) {
		switch f.number {
		case 1:
			e.Artifact = signed(f.value)
		case 2:
			e.Execution = signed(f.value)
		case 3:
			for _, step := range parse(f.bytes) {
				for _, part := range parse(step.bytes) {
					if part.number == 2 && e.Key == "" {
						e.Key = clean(string(part.bytes), 200)
					}
				}
			}
		case 4:
			e.Type = signed(f.value)
		case 5:
			e.At = signed(f.value)
		}
	}
	return e
}

func sortChanges(list []change) {
	slices.SortFunc(list, func(a, b change) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID)) })
}
