package passwords

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

func TestWhatIsGuessedFirstIsRefused(t *testing.T) {
	words := []string{"Ana Okafor", "ana.okafor@example.com"}
	for password, problem := range map[string]string{
		"1234567":                "8 to 256",
		strings.Repeat("x", 257): "8 to 256",
		"password":               "guessed first",
		"PassWord":               "guessed first",
		"1qaz2wsx":               "guessed first",
		"Throughline1":           "less than 8",
		"okafor2026":             "less than 8",
		"OkaforExample1":         "less than 8",
		"okaforpassword":         "guessed first",
	} {
		err := Check(password, Least, words...)
		require.ErrorContains(t, err, problem, password)
		require.Equal(t, models.Unprocessed, models.CodeOf(err))
	}
}

func TestAnySentenceIsFine(t *testing.T) {
	words := []string{"Ana Okafor", "ana@example.com"}
	for _, password := range []string{"correct horse battery", "  spaces count  ", "пароль из слов", "ana and the sea",
		"okafor likes the long way home", strings.Repeat("ä", 256)} {
		require.NoError(t, Check(password, LeastOnPages, words...), password)
	}
	require.Error(t, Check("elevenchars", LeastOnPages))
}

func TestTheListIsLongEnough(t *testing.T) {
	require.Greater(t, len(known()), 3000, "of eight characters and more, as our rule is")
}
