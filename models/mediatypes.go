package models

import (
	"bytes"
	"encoding/binary"
	"image"
	_ "image/gif"  // reads the header of GIF
	_ "image/jpeg" // of JPEG
	_ "image/png"  // of PNG
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// MediaType is what a file's bytes are, as far as we say.
type MediaType string

// The types that are not told by their bytes' first marks.
const (
	AnyBytes  MediaType = "application/octet-stream"
	PlainText MediaType = "text/plain; charset=utf-8"
)

// mediaTypes are what we say of a file; all else is AnyBytes. Nothing that a
// browser would run or read markup from is among them.
var mediaTypes = []MediaType{"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "application/zip", "application/x-gzip"}

// Sniffed is how much of a file's beginning tells what it is.
const Sniffed = 64 << 10

// maxSide is the greatest width and height of a picture that pages show: browsers
// unpack it whole.
const maxSide = 8192

// Sniff tells what a file is by its first bytes, and the size of a picture that
// may be shown, 0 for all else. Nothing is unpacked: only a picture's header is
// read. HTML, SVG and other markup is PlainText.
func Sniff(head []byte) (kind MediaType, width, height int) {
	kind = MediaType(http.DetectContentType(head))
	if slices.Contains(mediaTypes, kind) {
		width, height = dimensions(kind, head)
		return kind, width, height
	}
	if isText(head) {
		return PlainText, 0, 0
	}
	return AnyBytes, 0, 0
}

// isText tells whether bytes are UTF-8 without what only binary files hold.
func isText(head []byte) bool {
	if len(head) == Sniffed {
		head = wholeRunes(head)
	}
	return utf8.Valid(head) && bytes.IndexFunc(head, func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\n\r\f\x1b", r) }) < 0
}

// wholeRunes leaves out a last character that was cut.
func wholeRunes(b []byte) []byte {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if last := b[len(b)-n:]; utf8.RuneStart(last[0]) && !utf8.FullRune(last) {
			return b[:len(b)-n]
		}
	}
	return b
}

func dimensions(kind MediaType, head []byte) (width, height int) {
	if kind == "image/webp" {
		width, height = webpSize(head)
	} else if strings.HasPrefix(string(kind), "image/") {
		c, _, err := image.DecodeConfig(bytes.NewReader(head))
		if err != nil {
			return 0, 0
		}
		width, height = c.Width, c.Height
	}
	if width <= 0 || height <= 0 || width > maxSide || height > maxSide {
		return 0, 0
	}
	return width, height
}

// webpSize reads the size from the first chunk of a WebP file: VP8X, VP8L or VP8.
func webpSize(b []byte) (width, height int) {
	if len(b) < 30 {
		return 0, 0
	}
	switch string(b[12:16]) {
	case "VP8X":
		return 1 + int(b[24]) + int(b[25])<<8 + int(b[26])<<16, 1 + int(b[27]) + int(b[28])<<8 + int(b[29])<<16
	case "VP8L":
		bits := binary.LittleEndian.Uint32(b[21:25])
		return 1 + int(bits&0x3fff), 1 + int(bits>>14&0x3fff)
	case "VP8 ":
		return int(binary.LittleEndian.Uint16(b[26:28]) & 0x3fff), int(binary.LittleEndian.Uint16(b[28:30]) & 0x3fff)
	}
	return 0, 0
}
