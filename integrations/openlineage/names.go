package openlineage

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"throughline/models"
)

// key is a dataset's key by the naming of spec/Naming.md; empty for one that is
// only in memory, or has no name. A "file" namespace means the producer's own
// disk: the host goes before it where it is known.
func (e event) keyOf(namespace, name string) string {
	namespace, name = strings.Trim(text(namespace, 400), "/"), text(name, 700)
	if strings.HasPrefix(namespace, "inmemory:") || namespace == "inmemory" || namespace == "" || name == "" {
		return ""
	}
	if host := e.host(); namespace == "file" && host != "" {
		namespace = "file://" + host
	}
	key := models.DatasetKey(namespace, name)
	if len(key) > 800 {
		sum := sha256.Sum256([]byte(key))
		key = strings.ToValidUTF8(key[:700], "") + "~" + hex.EncodeToString(sum[:8])
	}
	return key
}

// versionKey is the key of a version of a dataset.
func versionKey(dataset, digest string) string {
	digest = strings.ReplaceAll(text(digest, 2000), "@", "%40")
	if len(digest) > 150 {
		sum := sha256.Sum256([]byte(digest))
		digest = "sha256:" + hex.EncodeToString(sum[:])
	}
	return dataset + "@" + digest
}

func refTo(kind models.Kind, key string) models.Ref { return models.Ref{Kind: kind, Key: key} }
