package forget

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// dana is a Forgetter of one person.
func dana() Forgetter {
	known := map[Kind]string{Address: "dana@example.com", Name: "dana whitfield", Login: "dwhit", Mention: "dana", Word: "mononym"}
	return Forgetter{Names: []int{2}, Find: func(kind Kind, folded string) (string, bool) {
		if known[kind] != folded {
			return "", false
		}
		if kind == Name || kind == Word {
			return "Former member 12", true
		}
		return "former-member-12", true
	}}
}

func TestProseLosesThePersonAndNothingElse(t *testing.T) {
	for text, want := range map[string]string{
		"ask dana@example.com.":                  "ask former-member-12.",
		"ask <Dana@Example.COM>, please":         "ask <former-member-12>, please",
		"'dana@example.com'":                     "'former-member-12'",
		"mailto:dana@example.com?subject=x":      "mailto:former-member-12?subject=x",
		"https://x/?user=dana%40example.com&b=1": "https://x/?user=former-member-12&b=1",
		"%22dana%40example.com%22":               "%22former-member-12%22",
		"s3://lake/dana@example.com@sha256:ab":   "s3://lake/former-member-12@sha256:ab",
		"Merged by Dana Whitfield (ACME)":        "Merged by Former member 12 (ACME)",
		"DANA  WHITFIELD's":                      "Former member 12's",
		"Dana\u00a0Whitfield, Dana\nWhitfield":   "Former member 12, Former member 12",
		"thanks @dwhit and @DWhit!":              "thanks @former-member-12 and @former-member-12!",
		"thanks @dana":                           "thanks @former-member-12",
		"xdana@example.com, dana@example.com.au": "xdana@example.com, dana@example.com.au",
		"dana+tag@example.com":                   "dana+tag@example.com",
		"dwhit is a word; Dana alone is another": "dwhit is a word; Dana alone is another",
		"Dana, so says Whitfield":                "Dana, so says Whitfield",
		"":                                       "",
		"@":                                      "@",
	} {
		got, changed := dana().In(text, Prose)
		require.Equal(t, want, got)
		require.Equal(t, want != text, changed)
	}
}

func TestAColumnOfAPersonMayBeALoginOrAName(t *testing.T) {
	for text, want := range map[string]string{"dwhit": "former-member-12", "Mononym": "Former member 12", "mononym": "Former member 12", "data team": "data team"} {
		got, _ := dana().In(text, Person)
		require.Equal(t, want, got)
	}
	got, changed := dana().In("dwhit", Plain)
	require.False(t, changed, "a key that happens to be a login stays: %s", got)
}

func TestJSONStaysJSON(t *testing.T) {
	in := map[string]any{"author": "dwhit", "review.dwhit": map[string]any{"state": "approved"}, "names": []string{"Dana", "Whitfield"},
		"mail": "Dana Whitfield <dana@example.com>\ndana@example.com\t@dwhit", "url": "https://github.com/dwhit", "api": "https://api.github.com/users/dwhit/repos", "repo": "https://github.com/dwhit/churn", "by": "Mononym", "word": "mononym", "path": "src/dwhit/x", "said": `she said "dwhit"`}
	text, err := json.Marshal(in)
	require.NoError(t, err)
	got, changed := dana().In(string(text), JSON)
	require.True(t, changed)
	var out map[string]any
	require.NoError(t, json.Unmarshal([]byte(got), &out), got)
	require.Equal(t, map[string]any{"author": "former-member-12", "review.former-member-12": map[string]any{"state": "approved"}, "names": []any{"Dana", "Whitfield"},
		"mail": "Former member 12 <former-member-12>\nformer-member-12\t@former-member-12", "url": "https://github.com/former-member-12", "api": "https://api.github.com/users/former-member-12/repos", "repo": "https://github.com/dwhit/churn", "by": "Former member 12", "word": "mononym", "path": "src/dwhit/x", "said": `she said "dwhit"`}, out)
}

func TestForgettingTwiceIsForgettingOnce(t *testing.T) {
	text := `{"a":"Dana Whitfield dana@example.com @dwhit","b":"dwhit"}`
	once, _ := dana().In(text, JSON)
	twice, changed := dana().In(once, JSON)
	require.False(t, changed)
	require.Equal(t, once, twice)
}

func FuzzForget(f *testing.F) {
	for _, seed := range []string{"dana@example.com", `"\u003cdana@example.com\u003e"`, "%40", "@", "Dana Whitfield", `{"a":"dwhit"}`, "\\dana@example.com", "é@é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, form := range []Form{Prose, Person, JSON, Plain} {
			out, changed := dana().In(text, form)
			require.Equal(t, changed, out != text)
			if form == JSON && json.Valid([]byte(text)) {
				require.True(t, json.Valid([]byte(out)), out)
			}
			if len(text) < 5000 {
				again, _ := dana().In(out, form)
				require.LessOrEqual(t, strings.Count(Fold(again), "dana@example.com"), strings.Count(Fold(out), "dana@example.com"))
			}
		}
	})
}

func TestInKeysAnAddressMayBeAPart(t *testing.T) {
	got, _ := dana().In("push-dana@example.com", Plain)
	require.Equal(t, "push-former-member-12", got)
	got, _ = dana().In("mary-dana@example.com", Prose)
	require.Equal(t, "mary-dana@example.com", got, "in a text that is somebody else")
}
