package handlers

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Row 01 and 53: what one may not see answers byte for byte like what is not
// there: status, body and headers, on every route that names something.
func TestInvisibleIsLikeAbsent(t *testing.T) {
	s := newSite(t)
	s.unhurried()
	mine, other := s.project("MINE"), s.project("OTHER")
	s.matrixCallers(mine, other)
	s.seed()
	compared := 0
	for _, r := range s.h.routes {
		there := fill(r)
		absent := absentOf(there)
		if r.Rule.Who == Public && r.Class != Hook || absent == there || r.Method == http.MethodOptions {
			continue
		}
		for _, caller := range []string{"stranger", "contributor-elsewhere", "maintainer-elsewhere"} {
			a, b := s.knock(r, caller, there, bodyFor(r)), s.knock(r, caller, absent, bodyFor(r))
			told := caller + " " + r.Method + " " + there + " and " + absent
			require.Equal(t, b.status, a.status, told)
			require.Equal(t, plainText(b.body, absent), plainText(a.body, there), told)
			require.Equal(t, plainHeader(b.header), plainHeader(a.header), told)
			compared++
		}
	}
	require.Greater(t, compared, 250)
}

var pageRequestID = regexp.MustCompile(`number <code>[0-9a-f]+</code>`)

// Names of project MINE, and as many letters of things nobody has.
var invented = strings.NewReplacer("MINE", "NONE", "/r1", "/q1", "acme%2Fchurn%237", "acme%2Fnhruc%237", "/p1", "/o1", "dep1", "ped1",
	"github.com%2Facme%2Fchurn", "github.com%2Facme%2Fnhruc", "/churn", "/nhruc", "s3/clicks", "s3/skcilc", "/cloudevents/mine", "/cloudevents/none")

func absentOf(path string) string { return invented.Replace(path) }

// plainText is a body without its request's id and without what was asked for.
func plainText(body, path string) string {
	body = requestID.ReplaceAllString(body, "")
	body = pageRequestID.ReplaceAllString(body, "")
	for _, part := range strings.Split(path, "/") {
		for _, spelt := range []string{part, strings.ReplaceAll(part, "%2F", "/"), must(url.PathUnescape(part))} {
			if len(spelt) > 1 {
				body = strings.ReplaceAll(body, spelt, "X")
			}
		}
	}
	return body
}

func plainHeader(h http.Header) http.Header {
	h = h.Clone()
	h.Del("X-Request-Id")
	h.Del("Date")
	return h
}
