package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// strictFormats read JSON without guessing: a field that stands twice is refused,
// because two programs may take different ones of them for true, and broken JSON
// is refused with the place where it breaks. What is written stays the same.
func strictFormats() map[string]huma.Format {
	f := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: readStrictly}
	return map[string]huma.Format{"application/json": f, "json": f}
}

func readStrictly(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	if broken := (*json.SyntaxError)(nil); errors.As(err, &broken) {
		return fmt.Errorf("broken JSON at byte %d: %w", broken.Offset, err)
	}
	if _, first := v.(*any); first && err == nil { // huma reads a body twice: to validate it, and into our struct
		err = eachOnce(json.NewDecoder(bytes.NewReader(data)))
	}
	return err
}

// eachOnce reads one value and refuses an object that names a field twice, in any
// spelling: encoding/json does not mind case.
func eachOnce(d *json.Decoder) error {
	open, err := d.Token()
	if err != nil {
		return err
	}
	switch open {
	case json.Delim('{'):
		err = fieldsOnce(d)
	case json.Delim('['):
		for d.More() && err == nil {
			err = eachOnce(d)
		}
	default:
		return nil
	}
	if err == nil {
		_, err = d.Token() // the closing one
	}
	return err
}

func fieldsOnce(d *json.Decoder) error {
	seen := map[string]bool{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		text, _ := name.(string)
		folded := strings.ToLower(text)
		if seen[folded] {
			return fmt.Errorf("the field %q stands twice, at byte %d", text, d.InputOffset())
		}
		seen[folded] = true
		if err := eachOnce(d); err != nil {
			return err
		}
	}
	return nil
}
