package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"throughline/e2e/s3"
)

// largeArtifact is how large a file goes through: 300 MB, in the long tier the size
// that the promise was made for.
func largeArtifact() int64 {
	if os.Getenv("THROUGHLINE_LONG") != "" {
		return 2 << 30
	}
	return 300 << 20
}

// mostMemory is what one such file may cost.
const mostMemory = 64 << 20

func TestALargeArtifactCostsLittleMemory(t *testing.T) {
	t.Run("folder", func(t *testing.T) { startHub(t).throughput() })
	t.Run("bucket", func(t *testing.T) {
		server := s3.Start(t)
		startHubWith(t, os.Stderr, "--log-level", "warn", "--artifacts", server.Address).throughput()
	})
}

// throughput sends a large file and fetches it, and looks at what the program takes.
func (h *hub) throughput() {
	h.Helper()
	token := h.space("BAR")
	address := "http://" + h.address + h.trackedRun(token) + "large.bin"
	before, hash, began := h.forgetPeak(), sha256.New(), time.Now()
	h.put(token, address, largeArtifact(), io.TeeReader(noise(largeArtifact()), hash))
	sent, up := time.Since(began), h.peak()
	began = time.Now()
	answer := h.fetch(token, address)
	defer answer.Body.Close()
	got := sha256.New()
	size, err := io.Copy(got, answer.Body)
	if err != nil || size != largeArtifact() || hex.EncodeToString(got.Sum(nil)) != hex.EncodeToString(hash.Sum(nil)) {
		h.Fatalf("%d bytes came back, other ones or too few: %v", size, err)
	}
	after := h.peak()
	h.Logf("%d MiB: sent in %v, fetched in %v; memory %d MiB, %d MiB more while it was sent, %d MiB at most", size>>20, sent.Round(time.Millisecond),
		time.Since(began).Round(time.Millisecond), before>>20, (up-before)>>20, (after-before)>>20)
	if after-before > mostMemory {
		h.Errorf("it cost %d MiB of memory", (after-before)>>20)
	}
}

// trackedRun makes a run and returns the path of its artifacts.
func (h *hub) trackedRun(token string) string {
	h.Helper()
	made := h.want(http.StatusOK, http.MethodPost, "/api/2.0/mlflow/runs/create", object{"experiment_id": "0", "start_time": time.Now().UnixNano()}, "Authorization", "Bearer "+token)
	return fmt.Sprintf("/api/2.0/mlflow-artifacts/artifacts/0/%s/artifacts/", made["run"].(object)["info"].(object)["run_id"])
}

// noise is n bytes that do not pack.
func noise(n int64) io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{1}), n) }

func (h *hub) put(token, address string, size int64, body io.Reader) {
	h.Helper()
	request, err := http.NewRequestWithContext(h.Context(), http.MethodPut, address, body)
	if err != nil {
		h.Fatal(err)
	}
	request.ContentLength = size
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := h.client.Do(request)
	if err != nil {
		h.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK {
		h.Fatalf("%d: %s", answer.StatusCode, text)
	}
}

func (h *hub) fetch(token, address string) *http.Response {
	h.Helper()
	request, err := http.NewRequestWithContext(h.Context(), http.MethodGet, address, nil)
	if err != nil {
		h.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := h.client.Do(request)
	if err != nil {
		h.Fatal(err)
	}
	return answer
}

var peakLine = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peak is the most memory that the program has had at once.
func (h *hub) peak() int64 {
	h.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.cmd.Process.Pid))
	if err != nil {
		h.Skip("no /proc here")
	}
	kilobytes, _ := strconv.ParseInt(string(peakLine.FindSubmatch(status)[1]), 10, 64)
	return kilobytes << 10
}

// forgetPeak begins anew to look for it, and returns what there is now.
func (h *hub) forgetPeak() int64 {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", h.cmd.Process.Pid), []byte("5"), 0o600)
	return h.peak()
}

// TestAnArtifactIsCompleteOrAbsentAfterAKill kills the program while an artifact
// comes in, at random places.
func TestAnArtifactIsCompleteOrAbsentAfterAKill(t *testing.T) {
	h := startHub(t)
	token := h.space("BAR")
	path := h.trackedRun(token)
	h.put(token, "http://"+h.address+path+"kept", 5, io.LimitReader(noise(5), 5))
	for range rounds() {
		half := int64(rand.IntN(20 << 20))
		conn, err := net.Dial("tcp", h.address)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", path+"kept", h.address, token, 20<<20)
		_, _ = io.Copy(conn, noise(half))
		h.kill()
		_ = conn.Close()
		answer := h.fetch(token, "http://"+h.address+path+"kept")
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if want, _ := io.ReadAll(noise(5)); answer.StatusCode != http.StatusOK || string(text) != string(want) {
			t.Fatalf("after a kill at %d bytes: %d, %d bytes", half, answer.StatusCode, len(text))
		}
	}
	shelves, _ := filepath.Glob(filepath.Join(h.data, "artifacts", "??", "??", "*"))
	if len(shelves) != 1 {
		t.Errorf("%d artifacts are kept, not one", len(shelves))
	}
}
