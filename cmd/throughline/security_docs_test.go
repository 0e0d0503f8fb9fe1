package main

import (
	"encoding/csv"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// named finds what the documents call tests: Go's by their names, the browser's by
// file, and the tools that run beside them.
var named = regexp.MustCompile(`\b(Test|Fuzz)[A-Z]\w+|\b[\w.-]+\.test\.mjs`)

// tools are what stands in the place of a test.
var tools = []string{"gosec", "govulncheck", "go vet", "go test -race"}

// Every test that the security documents name is there: a guard whose test went
// must not be claimed.
func TestSecurityDocumentsNameRealTests(t *testing.T) {
	there := testsThere(t)
	for _, file := range []string{"../../docs/security/attacks.md", "../../docs/security/asvs.csv"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		names := named.FindAllString(string(text), -1)
		if len(names) < 60 {
			t.Fatalf("%s names only %d tests", file, len(names))
		}
		for _, name := range names {
			if !there[name] {
				t.Errorf("%s names %s, which is not there", file, name)
			}
		}
	}
}

func testsThere(t *testing.T) map[string]bool {
	t.Helper()
	cmd := exec.Command("git", "grep", "-ohE", `^func (Test|Fuzz)[A-Z]\w+`, "--", "*_test.go")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, line := range strings.Fields(string(out)) {
		there[line] = true
	}
	files, err := os.ReadDir("../../e2e/browser")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		there[f.Name()] = true
	}
	return there
}

// The sheet has all 253 requirements of levels 1 and 2; none of level 1 is open, and
// every one that does not apply, is the operator's or is partly met says why.
func TestTheSheetIsWhole(t *testing.T) {
	f, err := os.Open("../../docs/security/asvs.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 1+253 {
		t.Fatal(err, len(rows))
	}
	first, seen := 0, map[string]bool{}
	for _, r := range rows[1:] {
		id, level, status, how, test := r[0], r[1], r[3], r[4], r[5]
		if level == "1" {
			first++
		}
		switch {
		case seen[id]:
			t.Errorf("%s stands twice", id)
		case !slices.Contains([]string{"met", "partly met", "not applicable", "operator"}, status), how == "":
			t.Errorf("%s: status %q, how %q", id, status, how)
		case level == "1" && status == "partly met":
			t.Errorf("%s of level 1 is open", id)
		case test != "" && !named.MatchString(test) && !slices.Contains(tools, test):
			t.Errorf("%s: %q is no test", id, test)
		}
		seen[id] = true
	}
	if first != 70 {
		t.Errorf("%d requirements of level 1", first)
	}
}
