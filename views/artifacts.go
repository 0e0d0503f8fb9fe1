package views

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/url"
	"path"
	"strings"

	"throughline/models"
)

// ArtifactList is a folder of a run's artifacts.
type ArtifactList struct {
	Run     models.Ref
	Folder  models.ArtifactPath // empty: the top
	Entries []models.ArtifactEntry
}

// ShownArtifacts is how many lines of a folder a page shows.
const ShownArtifacts = 500

// ArtifactsPage is a folder of artifacts, or one of them.
type ArtifactsPage struct {
	Frame   Frame
	Subject models.Subject
	List    ArtifactList
	File    models.Artifact // where the path is one
	Text    string          // its beginning, when it is a text
}

// shown are the lines that a page has room for.
func (l ArtifactList) shown() []models.ArtifactEntry {
	return l.Entries[:min(len(l.Entries), ShownArtifacts)]
}

// total says how many files there are in all, and their size.
func (l ArtifactList) total() string {
	var files, size int64
	for _, e := range l.Entries {
		size += e.Size
		if files++; e.Dir {
			files += e.Files - 1
		}
	}
	return plural(files, "file") + ", " + bytesWord(size)
}

func plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return group(id64(n)) + " " + one + "s"
}

// address is the page of something in the folder; the empty name is the folder.
func (l ArtifactList) address(name string) string {
	return artifactAddress(l.Run, path.Join(l.Folder.String(), name), "")
}

func (l ArtifactList) download(name string) string {
	return artifactAddress(l.Run, path.Join(l.Folder.String(), name), "/file")
}

func artifactAddress(run models.Ref, at, call string) string {
	if at == "" {
		return run.Path() + "/artifacts" + call
	}
	return run.Path() + "/artifacts" + call + "?path=" + url.QueryEscape(at)
}

// ups are the folders above, with the top.
func (l ArtifactList) ups() (out []Crumb) {
	out = append(out, Crumb{Text: "Artifacts", Path: artifactAddress(l.Run, "", "")})
	for n, name := range l.Folder {
		out = append(out, Crumb{Text: name, Path: artifactAddress(l.Run, l.Folder[:n+1].String(), "")})
	}
	return out
}

func (p ArtifactsPage) partly() bool { return p.File.Size > models.Sniffed }

func (p ArtifactsPage) by() string {
	if p.File.ByName != "" {
		return p.File.ByName
	}
	return "a person"
}

func (p ArtifactsPage) kind() string {
	return upper(typeWord(models.File{Type: p.File.Type, Width: p.File.Width, Height: p.File.Height}))
}

// pretty is a text as people read it best: whole JSON with its lines broken.
func (p ArtifactsPage) pretty() string {
	var b bytes.Buffer
	if path.Ext(p.File.Name) == ".json" && !p.partly() && json.Indent(&b, []byte(p.Text), "", "  ") == nil {
		return b.String()
	}
	return p.Text
}

// How much of a table is shown.
const (
	shownRows    = 50
	shownColumns = 20
)

// table is the beginning of a CSV or TSV file; none when it is no such file.
func (p ArtifactsPage) table() (rows [][]string) {
	r := csv.NewReader(strings.NewReader(p.Text))
	switch strings.ToLower(path.Ext(p.File.Name)) {
	case ".csv":
	case ".tsv":
		r.Comma = '\t'
	default:
		return nil
	}
	for len(rows) <= shownRows {
		row, err := r.Read()
		if err == io.EOF || err != nil && len(rows) > 1 && p.partly() {
			return rows
		}
		if err != nil {
			return nil
		}
		rows = append(rows, row[:min(len(row), shownColumns)])
	}
	return rows
}
