package main

import (
	"encoding/json"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// mayImport is the table of directions: which of our packages a package may
// import. A pattern ending in /* stands for every package below; the first
// pattern that matches a package counts. What is not listed may import nothing.
var mayImport = []struct {
	pkg  string
	uses []string
}{
	{"cmd/*", []string{"*"}},
	{"e2e/*", []string{"*"}},
	{"models/store/*", []string{"models", "models/*", "migrations"}},
	{"models/store", []string{"models", "models/*", "migrations"}},
	{"models/*", []string{"models"}},
	{"views/markdown", []string{"models"}},
	{"views", []string{"models", "models/graph", "views/markdown"}},
	{"integrations", []string{"models"}},
	{"integrations/*", []string{"integrations", "integrations/fetch", "models", "models/*"}},
	{"handlers/live", []string{"models"}},
	{"handlers/mlflow", []string{"models", "models/search", "models/store"}},
	{"handlers/signin", []string{"models", "models/store"}},
	{"handlers", []string{"models", "models/*", "models/store", "views", "views/markdown", "integrations",
		"handlers/live", "handlers/mlflow", "handlers/signin", "static"}},
}

// onlyIn names the one home of libraries that must not spread.
var onlyIn = map[string][]string{
	"gorm.io/":                    {"models/store"},
	"github.com/coder/websocket":  {"handlers/live", "cmd/*", "e2e/*"},
	"github.com/gin-gonic/gin":    {"handlers", "handlers/*"},
	"github.com/yuin/goldmark":    {"views/markdown"},
	"github.com/google/go-github": {"integrations/github"},
	"github.com/bradleyfalzon/":   {"integrations/github"},
}

// testsOnly are packages that only tests may import.
var testsOnly = []string{"integrations/github/lookalike", "integrations/promises"}

type goPackage struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func TestImportsGoOneWay(t *testing.T) {
	packages := ourPackages(t)
	if len(packages) < 5 {
		t.Fatalf("go list found only %d packages", len(packages))
	}
	for _, p := range packages {
		name := strings.TrimPrefix(p.ImportPath, "throughline/")
		for _, imported := range p.Imports {
			if problem := wrongImport(name, imported); problem != "" {
				t.Error(problem)
			}
		}
	}
}

func TestTheTableRefuses(t *testing.T) {
	for _, wrong := range [][2]string{
		{"views", "throughline/models/store"}, {"integrations/github", "throughline/models/store"},
		{"integrations/github", "throughline/integrations/mlflow"}, {"models", "throughline/migrations"},
		{"handlers", "throughline/integrations/github"}, {"handlers", "gorm.io/gorm"},
		{"handlers", "throughline/integrations/promises"}, {"models", "github.com/google/uuid"},
		{"cmd/throughline", "throughline/integrations/github/lookalike"}, {"integrations/github", "throughline/integrations/github/lookalike"},
	} {
		if wrongImport(wrong[0], wrong[1]) == "" {
			t.Errorf("%s may import %s", wrong[0], wrong[1])
		}
	}
}

func wrongImport(pkg, imported string) string {
	if ours, ok := strings.CutPrefix(imported, "throughline/"); ok {
		if matches(testsOnly, ours) && !matches([]string{"e2e/*"}, pkg) {
			return pkg + " imports " + ours + ", which is for tests"
		}
		if ours == pkg || allowed(pkg, ours) {
			return ""
		}
		return pkg + " imports " + ours + ", which the table of directions forbids"
	}
	if pkg == "models" && strings.Contains(imported, ".") {
		return "models imports " + imported + ", but holds words and rules only: standard library"
	}
	for library, homes := range onlyIn {
		if strings.HasPrefix(imported, library) && !matches(homes, pkg) {
			return pkg + " imports " + imported + ", whose home is " + strings.Join(homes, ", ")
		}
	}
	return ""
}

func allowed(pkg, imported string) bool {
	for _, row := range mayImport {
		if matches([]string{row.pkg}, pkg) {
			return matches(row.uses, imported) && (imported != "models/store" || slices.Contains(row.uses, imported) || slices.Contains(row.uses, "*"))
		}
	}
	return false
}

func matches(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if below, ok := strings.CutSuffix(pattern, "/*"); ok {
			return strings.HasPrefix(pkg, below+"/")
		}
		return pattern == "*" || path.Clean(pattern) == pkg
	})
}

func ourPackages(t *testing.T) (list []goPackage) {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,Standard", "throughline/...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); err == io.EOF {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

// Passwords are hashed by argon2id alone: bcrypt cuts what is longer than 72 bytes.
func TestNothingOfOursUsesBcrypt(t *testing.T) {
	for _, p := range ourPackages(t) {
		if slices.Contains(p.Imports, "golang.org/x/crypto/bcrypt") {
			t.Errorf("%s imports bcrypt", p.ImportPath)
		}
	}
}
