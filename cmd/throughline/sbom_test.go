package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// The bill names every module of the binary, with a checksum, once.
func TestTheBillNamesEveryModule(t *testing.T) {
	out, err := exec.CommandContext(context.Background(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{if not .Replace}}{{.Path}} {{.Version}}{{end}}{{end}}{{end}}", "throughline/cmd/throughline").Output()
	if err != nil {
		t.Fatal(err)
	}
	info := &debug.BuildInfo{GoVersion: "go1.26"}
	wanted := map[string]string{}
	for _, line := range strings.Fields(strings.ReplaceAll(string(out), " ", "@")) {
		path, version, _ := strings.Cut(line, "@")
		if wanted[path] == "" {
			wanted[path] = version
			info.Deps = append(info.Deps, &debug.Module{Path: path, Version: version, Sum: "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="})
		}
	}
	text, err := json.Marshal(bill(info, time.Unix(0, 0)))
	if err != nil || len(wanted) < 30 {
		t.Fatal(err, len(wanted))
	}
	for path, version := range wanted {
		if strings.Count(string(text), `"pkg:golang/`+path+`@`+version+`"`) != 1 {
			t.Errorf("%s %s is not named once", path, version)
		}
	}
	if !strings.Contains(string(text), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") {
		t.Error("a module has no checksum")
	}
}

func TestTheBillIsPrinted(t *testing.T) {
	var out, problems bytes.Buffer
	if code := run(t.Context(), []string{"sbom"}, func(string) (string, bool) { return "", false }, &out, &problems); code != exitDone {
		t.Fatal(code, problems.String())
	}
	var doc struct{ SPDXVersion string }
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil || doc.SPDXVersion != "SPDX-2.3" {
		t.Fatal(err, out.String())
	}
}
