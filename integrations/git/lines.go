package git

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"throughline/models"
)

// The special packets of Git's protocol.
const (
	flushLine = "0000"
	delimLine = "0001"
)

// maxLineBytes is the longest packet, by the protocol.
const maxLineBytes = 65520

// request builds what is posted to a server.
type request struct{ bytes.Buffer }

func (r *request) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	fmt.Fprintf(&r.Buffer, "%04x%s\n", len(text)+5, text)
}

// lines reads the packets of an answer.
type lines struct{ r *bufio.Reader }

func newLines(r io.Reader) *lines { return &lines{bufio.NewReader(r)} }

// next is the next packet; special is set for those without content.
func (l *lines) next() (packet []byte, special string, err error) {
	var head [4]byte
	if _, err := io.ReadFull(l.r, head[:]); err != nil {
		return nil, "", err // io.EOF: the answer ended here
	}
	size, err := strconv.ParseUint(string(head[:]), 16, 16)
	if err != nil || size > maxLineBytes || size == 3 {
		return nil, "", errStrange
	}
	if size < 4 {
		return nil, string(head[:]), nil
	}
	packet = make([]byte, size-4)
	if _, err := io.ReadFull(l.r, packet); err != nil {
		return nil, "", whole(err)
	}
	if said, ok := bytes.CutPrefix(packet, []byte("ERR ")); ok {
		return nil, "", refusal(string(said))
	}
	return packet, "", nil
}

// text is the next packet as a line; ok is false at a special packet.
func (l *lines) text() (line string, ok bool, err error) {
	packet, special, err := l.next()
	return strings.TrimSuffix(string(packet), "\n"), special == "" && err == nil, err
}

var (
	errStrange = models.Errorf(models.Unprocessed, "The answer is not of Git's protocol. Is this the address of a repository?")
	errCut     = models.Errorf(models.Unprocessed, "The server's answer broke off.")
)

// refused is a server's own word against a request.
type refused struct{ said string }

// Error repeats what the server said.
func (e *refused) Error() string { return "The server said: " + e.said }

func refusal(said string) error {
	return &refused{strings.TrimSpace(strings.Map(printable, said[:min(len(said), maxLine)]))}
}

// printable drops what could move a terminal's cursor.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f || r == 0xFFFD {
		return -1
	}
	return r
}

// band is the pack inside an answer's packets, in which progress and errors may
// stand between.
type band struct {
	lines *lines
	rest  []byte
}

// Read is io.Reader.
func (b *band) Read(p []byte) (int, error) {
	for len(b.rest) == 0 {
		packet, special, err := b.lines.next()
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return 0, err
		case err != nil || special != "":
			return 0, io.EOF
		case len(packet) == 0:
			continue
		}
		switch packet[0] {
		case 1:
			b.rest = packet[1:]
		case 3:
			return 0, refusal(string(packet[1:]))
		}
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}
