package models

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Row 13: whatever could mean another place is no path of an artifact.
func TestNoArtifactPathLeadsElsewhere(t *testing.T) {
	for _, raw := range []string{"", "/", ".", "..", "../x", "x/../y", "x/..", `..\x`, `x\..\y`, "%2e%2e%2fx", "%252e%252e%252fx", "x/%2e%2e/y", "%25252e%25252e/x", "..;/x", "x/..;/y",
		"/etc/passwd", "C:/x", `C:\x`, "c:x", `\\host\s`, "//host/s", "a/./../../x", "a//b", "a/", "x\x00", "x\n", "．．/x", "․․/x", "x／..／y", "..＼x", strings.Repeat("../", 300) + "x",
		strings.Repeat("a/", 300) + "x", "file:///etc/passwd", "file:/etc/passwd", "FILE:x", "x/...", "x/. ./y", "x#y", "\xff", "%" + strings.Repeat("25", 30) + "2e", "x/%2e%2e/%zz", strings.Repeat("a", 300),
		strings.Repeat("aaaaaaaaa/", 99) + strings.Repeat("ä", 700), "%2fetc/passwd", "x%00", "x%5c..%5cy"} {
		_, err := ParseArtifactPath(raw)
		require.Equal(t, Invalid, CodeOf(err), "%q", raw)
	}
}

func TestOrdinaryNamesAreArtifactPaths(t *testing.T) {
	for _, raw := range []string{"1/0571/artifacts/note.txt", "a", ".hidden", "a/..b", "a/b..", "100%.txt", "a b/ü.json", "a+b=c.txt", "xy:z", "model/conda.yaml", "50%25", "日本/語.png", "a;b", "s3:x"} {
		p, err := ParseArtifactPath(raw)
		require.NoError(t, err, "%q", raw)
		require.Equal(t, raw, p.String())
	}
}
