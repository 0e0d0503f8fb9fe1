package views

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// artifactsOf is a page of artifacts whose every word is text.
func artifactsOf(f Frame, text string) ArtifactsPage {
	run, file := subjectOf(models.Run, "r1", text), models.Artifact{Folder: text, Name: text, Type: models.PlainText, Size: 5, ByName: text, SHA256: text, At: noon}
	return ArtifactsPage{Frame: f, Subject: run, File: file, Text: text, List: ArtifactList{Run: run.Ref, Folder: models.ArtifactPath{text, text},
		Entries: []models.ArtifactEntry{{Name: text, Dir: true, Files: 2, Size: 3000}, {Name: text, Size: 5, File: file}}}}
}

func TestTablesAndJSONAreShownAsPeopleReadThem(t *testing.T) {
	page := func(name, text string, size int64) string {
		p := artifactsOf(frameOf("Dana"), "x")
		p.File.Name, p.Text, p.File.Size = name, text, size
		return draw(t, ArtifactFile(p))
	}
	require.Contains(t, page("a.csv", "x,y\n1,<b>2</b>\n", 10), "<td>&lt;b&gt;2&lt;/b&gt;</td>")
	require.Contains(t, page("a.tsv", "x\ty\n1\t2\n", 10), "<td>2</td>")
	require.Contains(t, page("a.csv", "x,y\n\"1", 10), "<pre", "no table")
	require.Contains(t, page("a.csv", "x,y\n1,2\n3,\"4", models.Sniffed+1), "<td>2</td>", "only the last row is cut")
	require.Contains(t, page("a.csv", strings.Repeat("1,2\n", 100), 400), "The first 50 rows")
	require.Contains(t, page("a.json", `{"a":[1]}`, 10), "{\n  &#34;a&#34;: [\n")
	require.Contains(t, page("a.json", `{"a":`, 10), `{&#34;a&#34;:</pre>`)
}

func TestALongFolderSaysThatThereIsMore(t *testing.T) {
	p := artifactsOf(frameOf("Dana"), "x")
	p.List.Entries = make([]models.ArtifactEntry, ShownArtifacts+1)
	require.Contains(t, draw(t, ArtifactFolder(p)), "Only the first 500 of 501")
}
