package models

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// Packed points are, for each metric: the name's length and bytes, the number of
// points, and for each point the differences of step and time to the point before
// as zigzag varints and the value: one byte 0 when it is that of the point before,
// 1 followed by a varint when it is a whole number of little size, 2 followed by
// eight bytes of IEEE 754, little endian, otherwise. A chunk repeats this until
// its end. Nothing in it is compressed twice: a point takes about 11 bytes.
const (
	valueSame  = 0
	valueWhole = 1
	valueFull  = 2
)

var errPacked = errors.New("packed points end early")

// PackPoints appends the points of one metric to a chunk.
func PackPoints(chunk []byte, key string, points []Point) []byte {
	chunk = binary.AppendUvarint(chunk, uint64(len(key)))
	chunk = append(chunk, key...)
	chunk = binary.AppendUvarint(chunk, uint64(len(points)))
	var last Point
	for n, p := range points {
		chunk = binary.AppendVarint(chunk, p.Step-last.Step)
		chunk = binary.AppendVarint(chunk, p.At-last.At)
		chunk = packValue(chunk, p.Value, last.Value, n > 0)
		last = p
	}
	return chunk
}

func packValue(chunk []byte, v, last float64, follows bool) []byte {
	switch bits := math.Float64bits(v); {
	case follows && bits == math.Float64bits(last):
		return append(chunk, valueSame)
	case v == math.Trunc(v) && math.Abs(v) < 1<<40 && bits != 1<<63: // not -0
		return binary.AppendVarint(append(chunk, valueWhole), int64(v))
	default:
		return binary.LittleEndian.AppendUint64(append(chunk, valueFull), bits)
	}
}

// UnpackPoints calls each for every point of a chunk, metric by metric. wanted
// empty gives all metrics, else the one of that name; the others are skipped.
func UnpackPoints(chunk []byte, wanted string, each func(key string, p Point)) error {
	r := unpacker{left: chunk}
	for len(r.left) > 0 && !r.short {
		key := string(r.bytes(r.number()))
		show := wanted == "" || key == wanted
		var last Point
		for n := r.number(); n > 0 && !r.short; n-- {
			last = Point{Step: last.Step + r.signed(), At: last.At + r.signed(), Value: r.value(last.Value)}
			if show && !r.short {
				each(key, last)
			}
		}
	}
	if r.short {
		return errPacked
	}
	return nil
}

// unpacker reads a chunk from the front.
type unpacker struct {
	left  []byte
	short bool
}

func (r *unpacker) number() uint64 {
	v, n := binary.Uvarint(r.left)
	r.skip(n)
	return v
}

func (r *unpacker) signed() int64 {
	v, n := binary.Varint(r.left)
	r.skip(n)
	return v
}

func (r *unpacker) skip(n int) {
	if n <= 0 || n > len(r.left) {
		r.left, r.short = nil, true
		return
	}
	r.left = r.left[n:]
}

func (r *unpacker) bytes(n uint64) []byte {
	if n > uint64(len(r.left)) {
		r.left, r.short = nil, true
		return nil
	}
	out := r.left[:n]
	r.left = r.left[n:]
	return out
}

func (r *unpacker) value(last float64) float64 {
	switch kind := r.bytes(1); {
	case r.short:
		return 0
	case kind[0] == valueSame:
		return last
	case kind[0] == valueWhole:
		return float64(r.signed())
	}
	raw := r.bytes(8)
	if r.short {
		return 0
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(raw))
}

// UniquePoints orders points by time, step and value, as MLflow tells a history,
// and keeps each once. It changes the slice it is given.
func UniquePoints(list []Point) []Point {
	slices.SortFunc(list, Point.Compare)
	return slices.CompactFunc(list, Point.Same)
}

// Compare orders points by time, then step, then value, where NaN counts as 0.
func (p Point) Compare(o Point) int {
	return cmp.Or(cmp.Compare(p.At, o.At), cmp.Compare(p.Step, o.Step), cmp.Compare(p.Ordinal(), o.Ordinal()), cmp.Compare(flagOf(math.IsNaN(p.Value)), flagOf(math.IsNaN(o.Value))))
}

func flagOf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
