package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// waysOut are names of net/http and net that ask other systems.
var waysOut = []string{"http.Get", "http.Head", "http.Post", "http.PostForm", "http.DefaultClient", "http.DefaultTransport", "http.Client", "http.Transport",
	"http.ProxyFromEnvironment", "net.Dial", "net.DialTimeout", "net.Dialer", "tls.Dial", "tls.Dialer"}

// mayGoOut are the places that may: the guarded client, the probe of this very
// program, the commands that call a hub of the caller's choice, and what only
// measures, shows or tests it.
var mayGoOut = []string{"integrations/fetch/", "cmd/throughline/health.go", "cmd/throughline/caller.go", "cmd/throughline/demo/", "cmd/bench/", "e2e/", "integrations/github/lookalike/"}

// Row 23: everything that is asked of other systems goes through the guarded client.
func TestThereIsOneWayOut(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(filepath.ToSlash(path), "../../")
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".cache" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") ||
			slices.ContainsFunc(mayGoOut, func(home string) bool { return strings.HasPrefix(name, home) }) {
			return nil
		}
		seen++
		for _, way := range goesOut(t, path, nil) {
			t.Errorf("%s uses %s; ask through integrations/fetch", name, way)
		}
		return nil
	})
	if err != nil || seen < 100 {
		t.Fatal(err, seen)
	}
	if out := goesOut(t, "x.go", `package x; import h "net/http"; func f() { h.Get(""); c := &h.Client{}; _ = c }`); len(out) != 2 {
		t.Fatal("a way out under another name is not seen: ", out)
	}
}

// goesOut names what of a file asks others, whatever it calls the packages.
func goesOut(t *testing.T, path string, text any) (found []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	packages := map[string]string{}
	for _, i := range file.Imports {
		full := strings.Trim(i.Path.Value, `"`)
		local := filepath.Base(full)
		if i.Name != nil {
			local = i.Name.Name
		}
		if full == "net/http" || full == "net" || full == "crypto/tls" {
			packages[local] = filepath.Base(full)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := s.X.(*ast.Ident); ok {
			if way := packages[x.Name] + "." + s.Sel.Name; slices.Contains(waysOut, way) && !inType(file, s) {
				found = append(found, way)
			}
		}
		return true
	})
	return found
}

// inType tells whether a name only says what something is, such as a field or
// parameter of the type *http.Client, which somebody else made.
func inType(file *ast.File, s *ast.SelectorExpr) (only bool) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.StarExpr:
			only = only || x.X == s
		case *ast.Field:
			only = only || x.Type == s
		}
		return !only
	})
	return only
}
