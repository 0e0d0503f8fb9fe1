package github

import (
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"throughline/integrations"
)

// Row 20: a wrong signature takes no longer when more of it is right. The samples
// are shuffled and the slowest tenth is left out: that is the machine, not us.
func TestSignaturesAreComparedInConstantTime(t *testing.T) {
	body := make([]byte, 256)
	good := integrations.Sign(testSecret, body)
	wrong := [2]http.Header{header(flip(good, len("sha256="))), header(flip(good, len(good)-1))}
	const size = 4000
	order := rand.Perm(2 * size)
	for try := 1; ; try++ {
		var took [2][]float64
		for _, n := range order {
			began := time.Now()
			if integrations.Signed(testSecret, wrong[n%2], body) {
				t.Fatal("a wrong signature is taken")
			}
			took[n%2] = append(took[n%2], float64(time.Since(began)))
		}
		if welch := welchT(trim(took[0]), trim(took[1])); math.Abs(welch) < 4.5 {
			return
		} else if try == 5 {
			t.Fatalf("Welch's t is %.1f: the time tells how much of a signature is right", welch)
		}
	}
}

func header(signature string) http.Header {
	return http.Header{integrations.SignatureHeader: {signature}}
}

// flip changes one hexadecimal digit.
func flip(text string, at int) string {
	b := []byte(text)
	b[at] = "10"[b2i(b[at] == '1')]
	return string(b)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func trim(sample []float64) []float64 {
	slices.Sort(sample)
	return sample[:len(sample)*9/10]
}

func welchT(a, b []float64) float64 {
	ma, va := moments(a)
	mb, vb := moments(b)
	return (ma - mb) / math.Sqrt(va/float64(len(a))+vb/float64(len(b)))
}

func moments(a []float64) (mean, variance float64) {
	for _, x := range a {
		mean += x / float64(len(a))
	}
	for _, x := range a {
		variance += (x - mean) * (x - mean) / float64(len(a)-1)
	}
	return mean, variance
}
