package markdown

import (
	"regexp"
	"strings"
)

// The values that attributes of our own making have.
var (
	language = regexp.MustCompile(`^language-[\w+#.-]{1,40}$`)
	ownFile  = regexp.MustCompile(`^/files/[0-9a-f]{32}$`)
	ownID    = regexp.MustCompile(`^md-[\p{L}\p{N}_:.-]{1,200}$`)
)

// words matches one of the given values, whole.
func words(values ...string) *regexp.Regexp {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = regexp.QuoteMeta(v)
	}
	return regexp.MustCompile(`^(?:` + strings.Join(quoted, "|") + `)$`)
}
