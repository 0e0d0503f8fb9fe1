package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxData is the largest data that is read, as large as the hub takes.
const maxData = 1 << 20

// data is what --data says with the fields on top.
func (c eventCommand) data() (map[string]any, error) {
	data := map[string]any{}
	if c.Data != "" {
		text, err := c.text()
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &data); err != nil {
			return nil, fmt.Errorf("--data is no JSON object: %w", err)
		}
		if data == nil {
			return nil, errors.New("--data is no JSON object")
		}
	}
	for _, field := range c.Fields {
		if err := put(data, field); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func (c eventCommand) text() ([]byte, error) {
	if c.Data == "-" {
		return io.ReadAll(io.LimitReader(os.Stdin, maxData))
	}
	path, file := strings.CutPrefix(c.Data, "@")
	if !file {
		return []byte(c.Data), nil
	}
	from, err := os.Open(path) // #nosec G304 -- the caller names a file of their own
	if err != nil {
		return nil, fmt.Errorf("--data: %w", err)
	}
	defer from.Close()
	return io.ReadAll(io.LimitReader(from, maxData))
}

// put is one field, NAME=TEXT or NAME:=JSON, at its place in the data.
func put(data map[string]any, field string) error {
	name, text, ok := strings.Cut(field, "=")
	if !ok || strings.Trim(name, ".:") == "" {
		return fmt.Errorf("%q is no field: write NAME=TEXT or NAME:=JSON", field)
	}
	var value any = text
	if bare, raw := strings.CutSuffix(name, ":"); raw {
		if name = bare; json.Unmarshal([]byte(text), &value) != nil {
			return fmt.Errorf("%s: %q is not JSON; write %s=%s for a text", name, text, name, text)
		}
	}
	path := strings.Split(name, ".")
	for _, part := range path[:len(path)-1] {
		below, is := data[part].(map[string]any)
		if !is && data[part] != nil {
			return fmt.Errorf("%s: %s is a value already and has no fields", name, part)
		}
		if !is {
			below = map[string]any{}
			data[part] = below
		}
		data = below
	}
	data[path[len(path)-1]] = value
	return nil
}
