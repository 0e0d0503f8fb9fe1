package models

import (
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// File is something uploaded to a subject. Its bytes are kept under ID, which
// nobody can guess; Name is only shown.
type File struct {
	ID            string // opaque, of the address /files/ID
	Subject       Subject
	Name          string
	Type          MediaType // decided by us from the bytes
	Width, Height int       // of a picture that browsers may show; else 0
	Size          int64
	SHA256        string // in hex
	By            string
	ActorID       string // Principal.Actor of who uploaded it
	At            time.Time
}

// Path is the address of the bytes.
func (f File) Path() string { return "/files/" + f.ID }

// Picture tells whether browsers may show it as an image.
func (f File) Picture() bool { return f.Width > 0 && f.Height > 0 }

// maxFileName is the longest name of a file, in bytes, as file systems have it.
const maxFileName = 200

// FileName is what a client called a file, fit to be shown: the last part of a
// path, without control characters and marks that turn the direction of text, not
// too long, its ending kept. It is "file" when nothing is left.
func FileName(raw string) string {
	name := strings.ToValidUTF8(raw, "")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) || unicode.In(r, unicode.Bidi_Control) }), " ")
	name = strings.Trim(name, " .")
	if len(name) > maxFileName {
		name = shortName(name)
	}
	if name == "" {
		return "file"
	}
	return name
}

func shortName(name string) string {
	end := path.Ext(name)
	if len(end) > 20 {
		end = ""
	}
	stem := name[:maxFileName-len(end)-len("…")]
	for !utf8.ValidString(stem) {
		stem = stem[:len(stem)-1]
	}
	return stem + "…" + end
}

// Files are the limits of what may be uploaded.
const (
	DefaultMaxFile int64 = 50 << 20 // bytes of one file
	MaxFiles             = 200      // of one subject
	MaxProject           = 5 << 30  // bytes of all files of one project
	MaxFilesAtOnce       = 20       // in one upload
)
