package tfx

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// structPrefix begins the text of a struct value in a database: base64 of a
// google.protobuf.Struct follows.
const structPrefix = "mlmd-struct::"

// unpacked is a text value, or what a struct holds that is written as one.
func unpacked(s string) any {
	packed, ok := strings.CutPrefix(s, structPrefix)
	if !ok {
		return s
	}
	raw, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		return s
	}
	return structure(raw)
}

// structure is what a google.protobuf.Struct holds. ML Metadata's own wrapping of
// lists and single values (__value__) is taken off.
func structure(raw []byte) any {
	var s structpb.Struct
	if proto.Unmarshal(raw, &s) != nil {
		return nil
	}
	values := s.AsMap()
	if inner, ok := values["__value__"]; ok && len(values) == 1 {
		return inner
	}
	return values
}

// plain is a property as text; a list or struct as JSON.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return clean(v, 4000)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return clean(string(text), 4000)
}

// truth reads 0, 1 and their kin; known is false for anything else.
func truth(v any) (yes, known bool) {
	switch plain(v) {
	case "1", "true", "1.0", "BLESSED", "INFRA_BLESSED":
		return true, true
	case "0", "false", "0.0", "NOT_BLESSED", "INFRA_NOT_BLESSED":
		return false, true
	}
	return false, false
}

// clean is a text without control characters, at most n bytes of it.
func clean(s string, n int) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "")))
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}
