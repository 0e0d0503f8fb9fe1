package main

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// tamper does what somebody with access to the file may do.
func tamper(t *testing.T, dir string, queries ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "throughline.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range queries {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
}

// filled is a data folder in which a few things happened.
func filled(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"ana", "=ben\x1b[2J", "cy"} {
		if code, _, stderr := once(t, nil, "user", "create", "--data", dir, "--name", name, name[1:2]+"@example.com"); code != exitDone {
			t.Fatalf("exit %d: %s", code, stderr)
		}
	}
	return dir
}

var heads = regexp.MustCompile(`Head: (\d+:[0-9a-f]{64})`)

// Row 57, beside a running server: the chain holds until somebody edits a row,
// and then that row is named.
func TestAuditVerifyBesideTheServer(t *testing.T) {
	dir := filled(t)
	p := start(t, "serve", "--addr", "127.0.0.1:0", "--data", dir)
	code, stdout, stderr := once(t, nil, "audit", "verify", "--data", dir)
	if code != exitDone || !strings.HasPrefix(stdout, "3 rows, the chain holds.") || !heads.MatchString(stdout) {
		t.Fatalf("exit %d: %s%s", code, stdout, stderr)
	}
	noted := heads.FindStringSubmatch(stdout)[1]
	_, token, _ := once(t, nil, "token", "create", "--data", dir, "--name", "outside", "--role", "administrator")
	if status, body := p.call(lastLine(token), "POST", "/api/v1/projects", `{"key":"BAR","name":"Bar"}`); status != 201 {
		t.Fatalf("%d %s", status, body)
	}
	if code, stdout, stderr = once(t, nil, "audit", "verify", "--data", dir, "--head", noted); code != exitDone || !strings.HasPrefix(stdout, "5 rows") {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
	tamper(t, dir, "UPDATE activity SET by_name = 'Eve', action = 'x' || char(27) || '[2J' WHERE seq = 2")
	code, stdout, stderr = once(t, nil, "audit", "verify", "--data", dir)
	if code != exitFailed || !strings.Contains(stdout, "Row 2 ") || !strings.Contains(stdout, "edited") || !strings.Contains(stderr, "row 2") {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
	if strings.ContainsRune(stdout+stderr, 0x1b) { // Row 33
		t.Errorf("what the row says drives the terminal: %q", stdout)
	}
	if status, body := p.call(lastLine(token), "POST", "/api/v1/projects", `{"key":"BAZ","name":"Baz"}`); status != 201 {
		t.Errorf("the server was disturbed: %d %s", status, body)
	}
}

func TestAuditVerifyOnlyReads(t *testing.T) {
	dir := filled(t)
	pretendNewer(t, filepath.Join(dir, "throughline.db"))
	before, err := os.ReadFile(filepath.Join(dir, "throughline.db"))
	if err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := once(t, nil, "audit", "verify", "--data", dir); code != exitDone {
		t.Errorf("a newer schema: exit %d: %s%s", code, stdout, stderr)
	}
	tamper(t, dir, "DELETE FROM goose_db_version WHERE version_id > 1", "DELETE FROM hub WHERE name = 'activity.head'")
	if code, stdout, stderr := once(t, nil, "audit", "verify", "--data", dir); code != exitDone {
		t.Errorf("an older schema: exit %d: %s%s", code, stdout, stderr)
	}
	after, _ := os.ReadFile(filepath.Join(dir, "throughline.db"))
	if len(before) == 0 || len(after) != len(before) {
		t.Error("the file has another size")
	}
	nowhere := filepath.Join(dir, "nowhere")
	if code, _, stderr := once(t, nil, "audit", "verify", "--data", nowhere); code != exitFailed || !strings.Contains(stderr, "no database") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if _, err := os.Stat(nowhere); err == nil {
		t.Error("it made a folder")
	}
}

func TestAuditVerifyAsJSON(t *testing.T) {
	dir := filled(t)
	tamper(t, dir, "DELETE FROM activity WHERE seq = 3")
	code, stdout, _ := once(t, nil, "audit", "verify", "--json", "--data", dir)
	var got verified
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitFailed {
		t.Fatalf("exit %d: %v: %s", code, err, stdout)
	}
	if got.Holds || got.Rows != 2 || got.Broken == nil || got.Broken.Seq != 3 || got.Broken.Problem != "cut off" {
		t.Errorf("%+v", got)
	}
	if code, _, stderr := once(t, nil, "audit", "verify", "--data", dir, "--head", "3"); code != exitRefuse || !strings.Contains(stderr, "--head") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestAnExportedRecordIsVerifiedOffline(t *testing.T) {
	dir, file := filled(t), filepath.Join(t.TempDir(), "record.jsonl")
	if code, _, stderr := once(t, nil, "audit", "export", "--data", dir, "--output", file); code != exitDone || !strings.Contains(stderr, "3 rows") {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	code, stdout, stderr := once(t, nil, "audit", "verify", "--file", file)
	if code != exitDone || !strings.HasPrefix(stdout, "3 rows, the chain holds.") {
		t.Fatalf("exit %d: %s%s", code, stdout, stderr)
	}
	text, _ := os.ReadFile(file)
	for name, c := range map[string]struct{ old, new, want string }{
		"edited": {`"action":"person.created"`, `"action":"person.removed"`, "Row 1 "},
		"cut":    {strings.SplitAfter(string(text), "\n")[1], "", "Row 2 is missing"},
	} {
		changed := filepath.Join(t.TempDir(), "changed.jsonl")
		if err := os.WriteFile(changed, []byte(strings.Replace(string(text), c.old, c.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, stdout, _ := once(t, nil, "audit", "verify", "--file", changed); code != exitFailed || !strings.Contains(stdout, c.want) {
			t.Errorf("%s: exit %d: %s", name, code, stdout)
		}
	}
	if _, stdout, _ := once(t, nil, "audit", "export", "--data", dir, "--format", "csv", "--action", "audit.*"); !strings.Contains(stdout, ",audit.exported,") || strings.Count(stdout, "\n") != 2 {
		t.Errorf("the export is not on record:\n%s", stdout)
	}
	if code, _, _ := once(t, nil, "audit", "export", "--data", dir, "--output", file); code != exitFailed {
		t.Error("it overwrote a file")
	}
}
