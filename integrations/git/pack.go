package git

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"

	"throughline/models"
)

// The limits of one pack, against small ones that unpack without end.
const (
	maxObjects  = 200_000
	maxCommit   = 1 << 20   // bytes of one commit; larger ones are left out
	maxUnpacked = 512 << 20 // bytes of everything
	maxKept     = 128 << 20 // bytes of the commits, which are kept in memory
)

// The kinds of objects in a pack.
const (
	packCommit   = 1
	packByOffset = 6
	packByName   = 7
)

var errTooLarge = models.Errorf(models.TooLarge, "The repository's history is too large to ask for. Let the server leave data out (git config uploadpack.allowFilter true), or let its hook tell of pushes.")

// pack reads a pack from a stream and keeps its commits.
type pack struct {
	r        *counter
	long     bool
	kept     map[int64][]byte // commits by where they stand
	named    map[string]int64
	order    []int64
	unpacked int64
	keptSize int64
	inflater io.ReadCloser
}

// readPack is the commits of a pack. Trees and data, should a server send any,
// are unpacked and forgotten.
func readPack(r io.Reader, long bool) ([]commit, error) {
	p := &pack{r: &counter{r: bufio.NewReaderSize(r, 64<<10)}, long: long, kept: map[int64][]byte{}, named: map[string]int64{}}
	var head [12]byte
	if _, err := io.ReadFull(p.r, head[:]); err != nil {
		return nil, whole(err)
	}
	count := binary.BigEndian.Uint32(head[8:])
	if string(head[:8]) != "PACK\x00\x00\x00\x02" {
		return nil, errStrange
	}
	if count > maxObjects {
		return nil, errTooLarge
	}
	for range count {
		if err := p.object(); err != nil {
			return nil, broken(err)
		}
	}
	return p.commits(), nil
}

// broken says errors of unpacking in words, and leaves those of the way as they are.
func broken(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case err == zlib.ErrChecksum, err == zlib.ErrHeader, err == zlib.ErrDictionary, errors.As(err, &corrupt):
		return errStrange
	case models.CodeOf(err) == models.TooLarge:
		return errTooLarge
	}
	return whole(err)
}

func (p *pack) commits() (out []commit) {
	for _, at := range p.order {
		if c, ok := readCommit(p.kept[at], p.long); ok {
			out = append(out, c)
		}
	}
	return out
}

// object reads one object; those that stand on another come after it.
func (p *pack) object() error {
	at := p.r.n
	kind, err := p.kind()
	if err != nil {
		return err
	}
	base, isDelta := []byte(nil), kind == packByOffset || kind == packByName
	if isDelta {
		if base, err = p.base(at, kind); err != nil {
			return err
		}
	}
	data, err := p.inflate(kind == packCommit || base != nil)
	if err != nil || data == nil {
		return err
	}
	if isDelta {
		if data, err = patch(base, data); err != nil {
			return err
		}
	}
	return p.keep(at, data)
}

func (p *pack) keep(at int64, data []byte) error {
	if p.keptSize += int64(len(data)); p.keptSize > maxKept {
		return errTooLarge
	}
	p.kept[at] = data
	p.named[nameOf(data, p.long)] = at
	p.order = append(p.order, at)
	return nil
}

// kind reads the head of an object; its size follows from its data.
func (p *pack) kind() (byte, error) {
	b, err := p.r.ReadByte()
	kind := b >> 4 & 7
	for n := 0; err == nil && b&0x80 != 0; n++ {
		if b, err = p.r.ReadByte(); n > 9 {
			return 0, errStrange
		}
	}
	return kind, err
}

// base is the commit that a delta stands on, nil when it stands on anything else.
func (p *pack) base(at int64, kind byte) ([]byte, error) {
	if kind == packByOffset {
		back, err := p.offset()
		return p.kept[at-back], err
	}
	name := make([]byte, 20)
	if p.long {
		name = make([]byte, 32)
	}
	_, err := io.ReadFull(p.r, name)
	where, known := p.named[hex.EncodeToString(name)]
	if !known {
		return nil, err
	}
	return p.kept[where], err
}

// offset reads how far back a delta's base stands.
func (p *pack) offset() (int64, error) {
	b, err := p.r.ReadByte()
	n := int64(b & 0x7f)
	for i := 0; err == nil && b&0x80 != 0; i++ {
		if b, err = p.r.ReadByte(); i > 7 {
			return 0, errStrange
		}
		n = (n+1)<<7 | int64(b&0x7f)
	}
	return n, err
}

// inflate unpacks an object and returns its bytes if they are to be kept and are
// not too many.
func (p *pack) inflate(keep bool) (data []byte, err error) {
	if err := p.reset(); err != nil {
		return nil, err
	}
	var into bytes.Buffer
	if keep {
		n, err := io.Copy(&into, io.LimitReader(p.inflater, maxCommit+1))
		if p.unpacked += n; err != nil {
			return nil, err
		}
	}
	n, err := io.Copy(io.Discard, io.LimitReader(p.inflater, maxUnpacked-p.unpacked+1))
	if p.unpacked += n; err == nil && p.unpacked > maxUnpacked {
		err = errTooLarge
	}
	if err != nil || !keep || into.Len() > maxCommit {
		return nil, err
	}
	return append(make([]byte, 0, into.Len()), into.Bytes()...), nil
}

func (p *pack) reset() (err error) {
	if p.inflater == nil {
		p.inflater, err = zlib.NewReader(p.r)
		return err
	}
	return p.inflater.(zlib.Resetter).Reset(p.r, nil)
}

// counter knows where in the stream it stands. It reads single bytes, so that
// unpacking takes no more than it needs.
type counter struct {
	r *bufio.Reader
	n int64
}

// Read is io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// ReadByte is io.ByteReader.
func (c *counter) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}
