package models

import (
	"strings"
	"testing"
)

func TestAnImageIsNamedByItsDigestAlone(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0a", 32)
	for reference, want := range map[string]string{digest: digest, "ghcr.io/acme/fraud@" + digest: digest, "r:5000/a/b:1.2@" + strings.ToUpper(digest): digest,
		"ghcr.io/acme/fraud:latest": "", "": "", "sha256:0a": "", digest + "0": "", "sha512:" + strings.Repeat("0a", 32): "", "md5:" + strings.Repeat("0a", 16): ""} {
		if got := ImageDigest(reference); got != want {
			t.Errorf("%q is %q, not %q", reference, got, want)
		}
	}
}
