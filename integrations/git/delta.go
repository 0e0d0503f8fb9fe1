package git

// patch applies a delta of a pack to its base.
func patch(base, delta []byte) ([]byte, error) {
	d := &reader{left: delta}
	from, size := d.number(), d.number()
	if d.bad || from != len(base) || size > maxCommit {
		return nil, errStrange
	}
	out := make([]byte, 0, size)
	for len(d.left) > 0 && !d.bad && len(out) <= size {
		op := d.byte()
		if op&0x80 == 0 {
			out = append(out, d.take(int(op))...)
			continue
		}
		at, n := d.sparse(op, 4), d.sparse(op>>4, 3)
		if n == 0 {
			n = 0x10000
		}
		if at < 0 || at+n > len(base) {
			return nil, errStrange
		}
		out = append(out, base[at:at+n]...)
	}
	if d.bad || len(out) != size {
		return nil, errStrange
	}
	return out, nil
}

// reader takes a delta apart; it goes bad where the delta ends too early.
type reader struct {
	left []byte
	bad  bool
}

func (d *reader) byte() byte {
	if len(d.left) == 0 {
		d.bad = true
		return 0
	}
	b := d.left[0]
	d.left = d.left[1:]
	return b
}

// take is the next n bytes; none at all stands for nothing that is allowed.
func (d *reader) take(n int) []byte {
	if n == 0 || n > len(d.left) {
		d.bad = true
		return nil
	}
	out := d.left[:n]
	d.left = d.left[n:]
	return out
}

// number is written seven bits at a time, the lowest first.
func (d *reader) number() (n int) {
	for shift := 0; shift < 35; shift += 7 {
		b := d.byte()
		n |= int(b&0x7f) << shift
		if b&0x80 == 0 {
			return n
		}
	}
	d.bad = true
	return 0
}

// sparse is a number of which only the bytes that op marks are written.
func (d *reader) sparse(op byte, most int) (n int) {
	for i := range most {
		if op>>i&1 != 0 {
			n |= int(d.byte()) << (8 * i)
		}
	}
	return n
}
