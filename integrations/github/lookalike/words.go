package lookalike

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// object is JSON's.
type object = map[string]any

// stamp is a time as GitHub writes it, nil for none.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

func text(n int64) string { return strconv.FormatInt(n, 10) }

// null is nil for nothing said.
func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func node(kind string, id int64) string {
	return kind + "_" + base64.RawURLEncoding.EncodeToString(fmt.Append(nil, kind, id))
}

func (s *Server) api() string {
	if s.Web == "https://github.com" {
		return "https://api.github.com"
	}
	return s.Web + "/api/v3"
}

// host is the name that keys of repositories begin with.
func (s *Server) host() string { return strings.TrimPrefix(s.Web, "https://") }

func with(base object, more object) object {
	out := make(object, len(base)+len(more))
	for name, value := range base {
		out[name] = value
	}
	for name, value := range more {
		out[name] = value
	}
	return out
}

func each[T any](list []T, json func(T) any) []any {
	out := make([]any, 0, len(list))
	for _, one := range list {
		out = append(out, json(one))
	}
	return out
}

// newestFirst is a list from its end.
func newestFirst[T any](list []T) []T {
	out := make([]T, 0, len(list))
	for i := len(list) - 1; i >= 0; i-- {
		out = append(out, list[i])
	}
	return out
}

// shown are the letters that begin an address' shown sha.
func short(sha string) string { return sha[:min(7, len(sha))] }

// firstLine is a text up to the end of its first line.
func firstLine(s string) string {
	first, _, _ := strings.Cut(s, "\n")
	return first
}
