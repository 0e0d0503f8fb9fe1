package mlflow

import (
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"throughline/models"
)

// The limits of what is logged (mlflow/utils/validation.py). Values that are too
// long are cut, as the reference does, names are refused.
const (
	maxKey        = 250
	maxParamValue = 6000
	maxTagValue   = 8000
	maxMetrics    = 1000
	maxPairs      = 100
	maxTogether   = 1000
	maxBatchBytes = 1_000_000
)

func missing(field string) error {
	return models.Errorf(models.Invalid, "Missing value for required parameter '%s'. See the API docs for more information about request parameters.", field)
}

// validName checks the name of a metric, parameter or tag. where is the field.
func validName(where, name string) error {
	switch {
	case name == "":
		return missing(where)
	case strings.IndexFunc(name, strange) >= 0:
		return models.Errorf(models.Invalid, "Invalid value %q for parameter '%s' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).", short(name), where)
	case path.Clean(name) != name || name == "." || strings.HasPrefix(name, "..") || strings.HasPrefix(name, "/"):
		return models.Errorf(models.Invalid, "Invalid value %q for parameter '%s' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '%s'", short(name), where, path.Clean(name))
	case utf8.RuneCountInString(name) > maxKey:
		return models.Errorf(models.Invalid, "'%s' exceeds the maximum length of %d characters", where, maxKey)
	}
	return nil
}

func strange(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune("_/.- :", r)
}

// short is a text as an error message repeats it.
func short(s string) string {
	if len(s) > 200 {
		return strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}

// cut shortens a value to a number of characters.
func cut(s string, most int) string {
	if len(s) <= most || utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most])
}

// numbered is the field of the nth of a list: # in it stands for n.
func numbered(where string, n int) string { return strings.ReplaceAll(where, "#", strconv.Itoa(n)) }
