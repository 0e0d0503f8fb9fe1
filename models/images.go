package models

import (
	"regexp"
	"strings"
)

var digestPattern = regexp.MustCompile(`^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$`)

// ImageDigest is the digest in a reference to a container image: "sha256:…",
// "host/name@sha256:…", or that with a tag. It is empty where there is none: a
// tag alone may mean another image tomorrow.
func ImageDigest(reference string) string {
	digest := strings.ToLower(strings.TrimSpace(reference))
	if i := strings.LastIndexByte(digest, '@'); i >= 0 {
		digest = digest[i+1:]
	}
	if !digestPattern.MatchString(digest) {
		return ""
	}
	return digest
}

// ImageLinks is the link of the relation to the image with the digest, or none.
func ImageLinks(relation Relation, reference string) []LinkTo {
	digest := ImageDigest(reference)
	if digest == "" {
		return nil
	}
	return []LinkTo{{Relation: relation, To: Ref{Kind: Image, Key: digest}}}
}
