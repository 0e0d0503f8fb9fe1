package contract

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Row 17: a body beyond the limit is refused before it is read, whoever sends it
// and however its length is told.
func TestHugeBodiesAreRefusedUnread(t *testing.T) {
	h := startHub(t)
	h.project("BIG", "big")
	before := memoryOf(t, h)
	for _, path := range []string{"/hooks/github/big", "/hooks/cloudevents/big", "/hooks/none/none", "/login", "/setup", "/api/v1/projects", "/projects", "/nothing"} {
		for _, length := range []string{"Content-Length: 1073741824", "Transfer-Encoding: chunked"} {
			status := h.pour(path, length)
			if status != 0 && (status < 400 || status >= 500) {
				t.Errorf("%s with %s: %d", path, length, status)
			}
		}
	}
	if grown := memoryOf(t, h) - before; grown > 128<<20 { // a GitHub body may have 25 MiB, and is signed as a whole
		t.Errorf("the program grew by %d MiB", grown>>20)
	}
	h.want(http.StatusOK, http.MethodGet, "/api/v1/projects", nil)
}

// pour sends a gigabyte, as far as it is taken, and returns the answer's status; 0 when
// the connection was cut.
func (h *hub) pour(path, length string) int {
	h.Helper()
	conn, err := net.Dial("tcp", h.address)
	if err != nil {
		h.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-GitHub-Event: push\r\n%s\r\n\r\n", path, length)
	go func() { // ends when the connection closes
		piece := []byte("10000\r\n" + strings.Repeat("x", 0x10000) + "\r\n")
		for range 1 << 14 {
			if _, err := conn.Write(piece); err != nil {
				return
			}
		}
	}()
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// memoryOf is the program's resident memory in bytes.
func memoryOf(t *testing.T, h *hub) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(h.cmd.Process.Pid) + "/statm")
	if err != nil {
		t.Skip("this system does not tell a program's memory")
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

// Row 17: headers that never end, or never come, cost a connection and no more.
func TestEndlessHeadersAreCutOff(t *testing.T) {
	h := startHub(t)
	for name, head := range map[string]string{
		"a million headers": "GET /livez HTTP/1.1\r\nHost: localhost\r\n" + strings.Repeat("X-A: b\r\n", 1_000_000),
		"one long header":   "GET /livez HTTP/1.1\r\nHost: localhost\r\nX-A: " + strings.Repeat("b", 10<<20),
		"a long address":    "GET /" + strings.Repeat("a", 10<<20),
		"a header dripped":  "GET /livez HTTP/1.1\r\nHost: loc",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", h.address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(14 * time.Second))
			_, _ = conn.Write([]byte(head))
			text, err := io.ReadAll(conn)
			if late, ok := err.(net.Error); ok && late.Timeout() {
				t.Fatal("the connection stays open")
			}
			if strings.HasPrefix(string(text), "HTTP/1.1 200") {
				t.Fatalf("answered: %.60s", text)
			}
		})
	}
}
