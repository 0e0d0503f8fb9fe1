package second

import (
	"bytes"
	"image/png"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The values are RFC 6238's own (appendix B), the last six digits.
func TestCodesAreThoseOfTheStandard(t *testing.T) {
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // 12345678901234567890
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"} {
		step, ok := Step(secret, code, time.Unix(at, 0), -1)
		require.True(t, ok, code)
		require.Equal(t, at/30, step)
	}
}

func TestACodeIsTakenOneStepEarlyOrLateAndOnce(t *testing.T) {
	secret, err := NewSecret()
	require.NoError(t, err)
	now := time.Unix(1_800_000_015, 0)
	code, err := Code(secret, now)
	require.NoError(t, err)
	for seconds, want := range map[int]bool{-60: false, -30: true, 0: true, 30: true, 60: false} {
		_, ok := Step(secret, code, now.Add(time.Duration(seconds)*time.Second), -1)
		require.Equal(t, want, ok, seconds)
	}
	step, _ := Step(secret, code, now, -1)
	_, again := Step(secret, code, now, step)
	require.False(t, again, "a used code")
	for _, junk := range []string{"", "000000000", code + " ", "abcdef"} {
		_, ok := Step(secret, junk, now, -1)
		require.False(t, ok, junk)
	}
}

func TestThePictureIsAPNG(t *testing.T) {
	secret, err := NewSecret()
	require.NoError(t, err)
	require.Len(t, secret, 32)
	text, err := QR(secret, "hub.example.com", "ana@example.com")
	require.NoError(t, err)
	_, err = png.Decode(bytes.NewReader(text))
	require.NoError(t, err)
	_, err = QR("no base 32!", "", "")
	require.Error(t, err)
}

func TestRecoveryCodesReadAsTheyAreTyped(t *testing.T) {
	codes := NewCodes()
	require.Len(t, codes, 10)
	seen := map[string]bool{}
	for _, code := range codes {
		require.Equal(t, code, CleanCode(code))
		require.Equal(t, code, CleanCode("  "+code[:6]+code[7:13]+" "+code[14:]+" "))
		seen[code] = true
	}
	require.Len(t, seen, 10)
	require.Empty(t, CleanCode("123456"))
}
