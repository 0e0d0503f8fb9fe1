package models

import (
	"path"
	"time"
)

// Artifact is a file that a client logged to a run or to a logged model. Its bytes
// are kept under an opaque Object; the client's name of it is only told.
type Artifact struct {
	ID            int64
	Holder        string // key of what it belongs to
	Folder, Name  string // below its holder; Folder is empty at the top
	Object        string
	Type          MediaType // decided by us from the bytes
	Width, Height int       // of a picture that browsers may show; else 0
	Size          int64
	SHA256        string // in hex
	Actor, ByName string // who logged it, proved: Principal.Actor, and a token's name
	At            time.Time
}

// Path is what the client calls it, below its holder.
func (a Artifact) Path() string { return path.Join(a.Folder, a.Name) }

// Picture tells whether browsers may show it as an image.
func (a Artifact) Picture() bool { return a.Width > 0 && a.Height > 0 }

// ArtifactEntry is one line of a folder of artifacts: a file, or a folder with the
// number and size of all files in it, at any depth.
type ArtifactEntry struct {
	Name  string
	Dir   bool
	Files int64 // of a folder
	Size  int64
	File  Artifact // of a file
}

// DefaultMaxArtifact is the largest artifact, in bytes.
const DefaultMaxArtifact int64 = 64 << 30
