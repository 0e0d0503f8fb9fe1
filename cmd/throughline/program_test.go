package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// program is the whole program, running in this process.
type program struct {
	t       *testing.T
	out     safeBuffer
	errors  safeBuffer
	stop    context.CancelFunc
	exit    chan int
	address string
}

// safeBuffer is written by the program and read by the test.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func variablesOf(pairs map[string]string) lookup {
	return func(name string) (string, bool) { v, ok := pairs[name]; return v, ok }
}

// once runs one command to its end.
func once(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, problems bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	code = run(ctx, args, variablesOf(env), &out, &problems)
	return code, out.String(), problems.String()
}

var printedAddress = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// start runs a command that serves and waits until it is ready.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	p := &program{t: t, stop: stop, exit: make(chan int, 1)}
	go func() { p.exit <- run(ctx, args, variablesOf(nil), &p.out, &p.errors) }() // ends with stop
	t.Cleanup(func() { p.end() })
	p.wait("an address", func() bool { p.address = printedAddress.FindString(p.out.String()); return p.address != "" })
	p.wait("readiness", func() bool { return p.get("/readyz") == http.StatusOK })
	return p
}

func (p *program) wait(what string, until func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if until() {
			return
		}
	}
	p.t.Fatalf("waited in vain for %s\n%s\n%s", what, p.out.String(), p.errors.String())
}

// get is the status of an answer, 0 when there is none.
func (p *program) get(path string) int {
	answer, err := http.Get(p.address + path)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// call is a request with a token.
func (p *program) call(token, method, path, body string) (int, string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.address+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text)
}

// end stops the program as SIGTERM does and returns its exit code.
func (p *program) end() int {
	p.stop()
	select {
	case code := <-p.exit:
		p.exit <- code
		return code
	case <-time.After(15 * time.Second):
		p.t.Errorf("the program did not stop within 15 s\n%s", p.errors.String())
		return -1
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
