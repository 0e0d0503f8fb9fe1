package models

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"unicode/utf8"
)

// Row 55: a file's name is fit to be shown, whatever a client calls it.
func TestFileNamesAreFitToBeShown(t *testing.T) {
	long := strings.Repeat("ä", 300) + ".csv"
	for raw, want := range map[string]string{"plot.png": "plot.png", `a";x=y`: `a";x=y`, "a\r\nSet-Cookie: x.txt": "a Set-Cookie: x.txt",
		"invoice\u202Egnp.exe": "invoice gnp.exe", "../../etc/passwd": "passwd", `C:\Users\me\plot.png`: "plot.png", "": "file", "..": "file", "/": "file",
		"a\x00b": "a b", "🦆.txt": "🦆.txt", "a\xffb.txt": "ab.txt", " . a . ": "a", ".env": "env", "a\u200b\x1b[2Jb": "a [2Jb"} {
		if got := FileName(raw); got != want {
			t.Errorf("%q is %q, not %q", raw, got, want)
		}
	}
	if got := FileName(long); len(got) > 200 || !strings.HasSuffix(got, "ä….csv") || !utf8.ValidString(got) {
		t.Errorf("a long name is %q, %d bytes", got, len(got))
	}
}

// pngHeader is the beginning of a PNG of any size, and none of its pixels.
func pngHeader(width, height uint32) []byte {
	chunk := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), width), height)
	chunk = append(chunk, 8, 2, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
}

// Rows 16 and 27: what a file is, is read from its first bytes; only pictures of
// a size that browsers can show are pictures.
func TestSniff(t *testing.T) {
	small := image.NewPaletted(image.Rect(0, 0, 3, 2), color.Palette{color.Black, color.White})
	var p, j, g bytes.Buffer
	_ = png.Encode(&p, small)
	_ = jpeg.Encode(&j, small, nil)
	_ = gif.Encode(&g, small, nil)
	webp := []byte("RIFF\x1a\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x01\x00\x00")
	for name, test := range map[string]struct {
		head          string
		kind          MediaType
		width, height int
	}{
		"png": {p.String(), "image/png", 3, 2}, "jpeg": {j.String(), "image/jpeg", 3, 2}, "gif": {g.String(), "image/gif", 3, 2}, "webp": {string(webp), "image/webp", 3, 2},
		"a png of 50 000 by 50 000": {string(pngHeader(50_000, 50_000)), "image/png", 0, 0}, "a png as large as may be": {string(pngHeader(8192, 8192)), "image/png", 8192, 8192},
		"a png that is cut": {p.String()[:20], "image/png", 0, 0},
		"html":              {"<!doctype html><script>alert(1)</script>", PlainText, 0, 0}, "svg": {`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, PlainText, 0, 0},
		"xml": {`<?xml version="1.0"?><x/>`, PlainText, 0, 0}, "ipynb": {`{"cells": []}`, PlainText, 0, 0}, "yaml": {"flavors:\n  python_function:\n", PlainText, 0, 0},
		"pdf": {"%PDF-1.7\n", "application/pdf", 0, 0}, "zip": {"PK\x03\x04\x14\x00", "application/zip", 0, 0}, "gzip": {"\x1f\x8b\x08\x00", "application/x-gzip", 0, 0},
		"an html that says it is a gif": {"GIF89a<script>alert(1)</script>", "image/gif", 0, 0}, "utf-16": {"\xff\xfeh\x00i\x00", AnyBytes, 0, 0}, "nothing": {"", PlainText, 0, 0},
		"a flash": {"FWS\x06\x00", AnyBytes, 0, 0}, "a font": {"OTTO\x00\x01", AnyBytes, 0, 0}, "text with a cut letter": {strings.Repeat("a", Sniffed-1) + "\xc3", PlainText, 0, 0},
		"text with a cut duck": {strings.Repeat("a", Sniffed-3) + "🦆"[:3], PlainText, 0, 0},
	} {
		kind, width, height := Sniff([]byte(test.head))
		if kind != test.kind || width != test.width || height != test.height {
			t.Errorf("%s is %s, %d by %d", name, kind, width, height)
		}
	}
}

func FuzzSniff(f *testing.F) {
	f.Add(pngHeader(1, 1))
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPVP8 \x0a\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x01\x00\x00"))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00"))
	f.Add([]byte("\xff\xd8\xff\xe0\x00\x10JFIF"))
	f.Fuzz(func(t *testing.T, head []byte) {
		kind, width, height := Sniff(head)
		if width > maxSide || height > maxSide || strings.Contains(string(kind), "html") || strings.Contains(string(kind), "xml") {
			t.Errorf("%s, %d by %d", kind, width, height)
		}
		if name := FileName(string(head)); len(name) > maxFileName || !utf8.ValidString(name) || strings.ContainsAny(name, "\r\n\x00/\\") {
			t.Errorf("%q", name)
		}
	})
}
