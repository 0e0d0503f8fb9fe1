package live

import (
	"bytes"
	"encoding/binary"
	"encoding/json"

	"throughline/models"
)

// Sizes: of one change, and of one frame, below what common clients read at once.
const (
	changeLimit = 2 << 10
	frameLimit  = 30 << 10
)

// frame is a whole websocket message, ready to be written to every socket as it is.
type frame struct {
	seq  int64
	wire []byte
}

// message is a frame's JSON.
type message struct {
	Seq     int64    `json:"seq"`
	Changes []change `json:"changes"`
}

// change is one thing that a board shows differently now.
type change struct {
	Op       string     `json:"op"` // put, move, remove
	Seq      int64      `json:"seq"`
	Subject  subjectRef `json:"subject"`
	Card     int64      `json:"card"`
	Version  int64      `json:"version,omitempty"`
	Column   string     `json:"column,omitempty"`
	Position float64    `json:"position"`
	HTML     string     `json:"html,omitempty"`
	Fetch    bool       `json:"fetch,omitempty"` // too large to bring along: ask for it
}

type subjectRef struct {
	models.Ref
	Title string `json:"title"`
}

// frames are the changes as messages of bounded size. Of several changes of one
// card only the last is told: each brings the card's whole state.
func (h *Hub) frames(changes []models.Change, upTo int64) []frame {
	var out []frame
	size := 0
	m := message{Changes: []change{}}
	for _, c := range latest(changes) {
		one := h.change(c)
		n := len(encode(one))
		if len(m.Changes) > 0 && size+n > frameLimit {
			out = append(out, m.frame())
			m, size = message{Changes: []change{}}, 0
		}
		m.Changes, m.Seq, size = append(m.Changes, one), c.Seq, size+n
	}
	m.Seq = upTo
	return append(out, m.frame())
}

// latest keeps the last change of each card, in order.
func latest(changes []models.Change) []models.Change {
	last := map[int64]int{}
	for i, c := range changes {
		last[c.CardID] = i
	}
	out := make([]models.Change, 0, len(last))
	for i, c := range changes {
		if c.CardID == 0 || last[c.CardID] == i {
			out = append(out, c)
		}
	}
	return out
}

func (h *Hub) change(c models.Change) change {
	out := change{Op: c.Op, Seq: c.Seq, Subject: subjectRef{Ref: c.Subject, Title: clip(c.Title, 300)},
		Card: c.CardID, Column: c.Column, Position: c.Position}
	if c.Card == nil {
		return out
	}
	out.Version = c.Card.Version
	html, err := h.Render(*c.Card)
	if err != nil {
		h.Log.Warn("render a card for live boards", "card", c.CardID, "error", err)
	}
	out.HTML = html
	if err != nil || len(encode(out)) > changeLimit {
		out.HTML, out.Fetch = "", true
	}
	return out
}

func clip(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return text
}

// encode is JSON without escaping <, > and &: the text goes to a script, not
// into a page, and the escapes would double the size of HTML.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return []byte("{}") // our own plain structs always encode
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

func (m message) frame() frame { return frame{seq: m.Seq, wire: wire(encode(m))} }

// resync tells a page that is too far behind to load itself again.
func resync(seq int64) frame {
	text := encode(struct {
		Resync bool  `json:"resync"`
		Seq    int64 `json:"seq"`
	}{true, seq})
	return frame{seq: seq, wire: wire(text)}
}

// wire puts the header of an unfragmented text frame of a server before a text
// (RFC 6455, 5.2).
func wire(text []byte) []byte {
	const finText = 0x81
	n := len(text)
	var head []byte
	switch {
	case n < 126:
		head = []byte{finText, byte(n)}
	case n < 1<<16:
		head = binary.BigEndian.AppendUint16([]byte{finText, 126}, uint16(n))
	default:
		head = binary.BigEndian.AppendUint64([]byte{finText, 127}, uint64(n))
	}
	return append(head, text...)
}
