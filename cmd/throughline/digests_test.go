package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// leaky are comparisons that end at the first difference. Where signatures are
// checked they would tell by their time how much of one was right.
var leaky = map[string]bool{"bytes.Equal": true, "bytes.Compare": true, "reflect.DeepEqual": true, "strings.EqualFold": true, "strings.Compare": true, "slices.Equal": true}

// Row 20: digests and secrets are compared in constant time only.
func TestDigestsAreComparedInConstantTime(t *testing.T) {
	checked := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "node_modules") || strings.Contains(path, "/.cache/") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(text, []byte(`"crypto/hmac"`)) || strings.Contains(path, "cmd/throughline/demo") {
			return err
		}
		checked++
		for _, call := range leakyCalls(t, path, string(text)) {
			t.Errorf("%s compares by %s", path, call)
		}
		return nil
	})
	if err != nil || checked == 0 {
		t.Fatal(err, checked)
	}
	if len(leakyCalls(t, "x.go", `package x; func f(a, b []byte) bool { return bytes.Equal(a, b) || string(a) == string(b) }`)) != 2 {
		t.Fatal("a leaky comparison is not seen")
	}
}

// leakyCalls names the comparisons of a file that are not for secrets: by a leaky
// function, or of two texts made of bytes.
func leakyCalls(t *testing.T, path, text string) (found []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.CallExpr:
			if name := nameOf(x.Fun); leaky[name] {
				found = append(found, name)
			}
		case *ast.BinaryExpr:
			if (x.Op == token.EQL || x.Op == token.NEQ) && (converted(x.X) || converted(x.Y)) {
				found = append(found, x.Op.String())
			}
		}
		return true
	})
	return found
}

func nameOf(e ast.Expr) string {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if pkg, ok := s.X.(*ast.Ident); ok {
		return pkg.Name + "." + s.Sel.Name
	}
	return ""
}

// converted tells whether an operand is a digest as text: string(…) or hex.EncodeToString(…).
func converted(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	ident, plain := call.Fun.(*ast.Ident)
	return plain && ident.Name == "string" || nameOf(call.Fun) == "hex.EncodeToString"
}

// Row 33: what a terminal would obey is shown, not sent to it.
func TestCommandsPrintInert(t *testing.T) {
	dir := t.TempDir()
	tell := func(args ...string) string {
		var out, problems bytes.Buffer
		run(t.Context(), append(args, "--data", dir), func(string) (string, bool) { return "", false }, &out, &problems)
		return out.String() + problems.String()
	}
	evil := "\x1b[2J\x1b]8;;http://evil\x07 \u202e x\rforged"
	said := tell("token", "create", "--name", evil, "--role", "viewer") + tell("token", "list") + tell("user", "create", "eve@example.com", "--name", evil, "--password", "a passphrase to sign in") +
		tell("user", "list") + tell("audit", "verify") + tell("token", "create", "--name", "x", "--role", evil) + tell("token", "create", "--name", "x", "--role", "viewer", "--project", evil)
	for _, obeyed := range []string{"\x1b", "\u202e", "\rforged", "\x07"} {
		if strings.Contains(said, obeyed) {
			i := strings.Index(said, obeyed)
			t.Errorf("%q is printed in %q", obeyed, said[max(0, i-60):min(len(said), i+40)])
		}
	}
	if !strings.Contains(said, "forged") {
		t.Error("nothing of the name is printed")
	}
}
