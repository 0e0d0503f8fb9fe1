package views

import (
	"strconv"
	"strings"

	"throughline/models"
)

// FilePage is about one uploaded file.
type FilePage struct {
	Frame     Frame
	File      models.File
	Text      string // the beginning, when it is a text
	MayDelete bool
}

// bytesWord is a size for people: "640 B", "12.3 KiB", "50 MiB".
func bytesWord(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	size, units := float64(n), []string{"B", "KiB", "MiB", "GiB"}
	for size >= 1024 && len(units) > 1 {
		size, units = size/1024, units[1:]
	}
	digits := 1
	if size >= 100 {
		digits = 0
	}
	return strings.TrimSuffix(strconv.FormatFloat(size, 'f', digits, 64), ".0") + " " + units[0]
}

// typeWord is what a file is, in a word.
func typeWord(f models.File) string {
	switch {
	case f.Type == models.PlainText:
		return "text"
	case f.Type == models.AnyBytes:
		return "file"
	case f.Picture():
		return "picture, " + itoa(f.Width) + " × " + itoa(f.Height)
	case strings.HasPrefix(string(f.Type), "image/"):
		return "picture"
	}
	_, kind, _ := strings.Cut(string(f.Type), "/")
	return strings.ToUpper(strings.TrimPrefix(kind, "x-"))
}

// smallPicture is the largest picture that lists show, in bytes.
const smallPicture = 512 << 10

func thumbnail(f models.File) bool { return f.Picture() && f.Size <= smallPicture }

func partly(p FilePage) bool { return p.File.Size > models.Sniffed }

func filePath(f models.File, rest string) string { return f.Path() + rest }

// limitsWord tells what may be uploaded.
func limitsWord(most int64) string {
	return "Up to " + bytesWord(most) + " each, " + itoa(models.MaxFilesAtOnce) + " at once. Archives are kept as they are; pages of HTML and drawings of SVG are never opened here."
}
