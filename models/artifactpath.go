package models

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ArtifactPath is what clients call an artifact or a folder of them, by its parts. It
// names a row of the database and never a place on a disk; yet nothing that could
// mean another place is one.
type ArtifactPath []string

// Limits of what clients call artifacts.
const (
	maxArtifactParts = 100
	maxArtifactPart  = 255  // bytes, as file systems have it: people download whole folders
	maxArtifactPath  = 2000 // bytes
)

// ParseArtifactPath reads what a client calls an artifact. It is refused when it
// begins at a root, leads upwards, or would after one more decoding or on a system
// with other separators.
func ParseArtifactPath(raw string) (ArtifactPath, error) {
	for text, rounds := raw, 0; ; rounds++ {
		if !plainPath(text) || rounds == maxDecoded {
			return nil, Errorf(Invalid, "Invalid path")
		}
		next := decoded.Replace(text)
		if next == text {
			return strings.Split(raw, "/"), nil
		}
		text = next
	}
}

// maxDecoded is how often a path may be decoded until nothing changes.
const maxDecoded = 5

// decoded are the marks that matter here, percent-encoded.
var decoded = strings.NewReplacer("%25", "%", "%2e", ".", "%2E", ".", "%2f", "/", "%2F", "/", "%5c", `\`, "%5C", `\`, "%3b", ";", "%3B", ";", "%20", " ", "%00", "\x00")

// lookalikes are marks that other systems read as a dot or as a separator.
var lookalikes = strings.NewReplacer("．", ".", "․", ".", "﹒", ".", "。", ".", "／", "/", "∕", "/", "⁄", "/", "＼", `\`, "﹨", `\`)

func plainPath(text string) bool {
	if len(text) > maxArtifactPath || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return false
	}
	parts := strings.Split(lookalikes.Replace(text), "/")
	if len(parts) > maxArtifactParts || strings.ContainsAny(lookalikes.Replace(text), `\#`) || hasDrive(parts[0]) {
		return false
	}
	for _, part := range parts {
		if len(part) > maxArtifactPart || strings.Trim(part, ". ;") == "" { // empty, . and .. among them
			return false
		}
	}
	return true
}

// hasDrive tells whether a first part begins like C: or file:.
func hasDrive(part string) bool {
	at := strings.IndexByte(part, ':')
	return at == 1 || at > 1 && strings.EqualFold(part[:at], "file")
}

// String is the path as clients write it.
func (p ArtifactPath) String() string { return strings.Join(p, "/") }

// Split is the folder of a path and the name in it.
func (p ArtifactPath) Split() (folder, name string) {
	if len(p) == 0 {
		return "", ""
	}
	return p[:len(p)-1].String(), p[len(p)-1]
}
