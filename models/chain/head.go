package chain

import (
	"fmt"
	"strconv"
	"strings"
)

// Head is where a chain ends: the number and the hash of its last row. The zero
// Head is that of an empty chain.
type Head struct {
	Seq  int64
	Hash string
}

// String is SEQ:HASH, which ParseHead reads.
func (h Head) String() string { return itoa(h.Seq) + ":" + h.Hash }

// ParseHead reads SEQ:HASH.
func ParseHead(text string) (Head, error) {
	number, hash, found := strings.Cut(strings.TrimSpace(text), ":")
	seq, err := strconv.ParseInt(number, 10, 64)
	if !found || err != nil || seq < 0 || (seq == 0) != (hash == "") {
		return Head{}, fmt.Errorf("%q is no head: write the number of the row, a colon and its hash", text)
	}
	return Head{Seq: seq, Hash: strings.ToLower(hash)}, nil
}
