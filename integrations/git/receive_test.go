package git

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/integrations"
	"throughline/integrations/promises"
	"throughline/models"
)

const (
	testSecret = "hush: a hook's \\ \"secret\""
	zeros      = "0000000000000000000000000000000000000000"
	anOld      = "1111111111111111111111111111111111111111"
)

var testAccount = integrations.Account{ID: 1, Name: "main", Settings: map[string]string{"secret": testSecret}}

// raw is a commit's own bytes.
const raw = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nparent " + anOld + "\nauthor Kim Lund <kim@example.com> 1790000000 +0200\n" +
	"committer Lee <lee@example.com> 1790000100 +0000\ngpgsig -----BEGIN\n author nobody\n\nAdd features\n\nReviewed-by: Lee <lee@example.com>\nModel: fraud-score/3\nModel: risk\nRun: run-1\n"

// batch is what git cat-file --batch prints, in base64.
func batch(commits ...string) string {
	out := ""
	for _, c := range commits {
		out += nameOf([]byte(c), false) + " commit " + itoa(len(c)) + "\n" + c + "\n"
	}
	return base64.StdEncoding.EncodeToString([]byte(out))
}

func itoa(n int) string { text, _ := json.Marshal(n); return string(text) }

func signedPost(p post) integrations.Request {
	body, _ := json.Marshal(p)
	r := integrations.Request{Header: http.Header{}, Body: body, Now: time.Unix(1, 0)}
	sign(&r)
	return r
}

func sign(r *integrations.Request) {
	r.Header.Set(integrations.SignatureHeader, integrations.Sign(testSecret, r.Body))
}

func pushOf(u ...update) post {
	return post{Repo: "git.example.com/acme/fraud", Pusher: "kim", At: 1_790_000_200_500, Head: "refs/heads/main", Updates: u, Options: []string{"ci.skip"}}
}

func aPush() update {
	return update{Old: anOld, New: nameOf([]byte(raw), false), Ref: "refs/heads/main", Commits: batch(raw), Vanished: []string{zeros[:39] + "2"}}
}

func TestItKeepsThePromisesOfEverySource(t *testing.T) {
	promises.Keep(t, New(nil), promises.Cases{
		Account: testAccount,
		Valid: map[string]integrations.Request{
			"a push with commits": signedPost(pushOf(aPush())),
			"shas alone":          signedPost(pushOf(update{Old: anOld, New: anOld[:39] + "2", Ref: "refs/heads/main"})),
			"several refs":        signedPost(pushOf(aPush(), update{Old: zeros, New: anOld, Ref: "refs/tags/v1", Commit: anOld}, update{Old: anOld, New: zeros, Ref: "refs/heads/gone"})),
		},
		Unknown: map[string]integrations.Request{"nothing": signedPost(post{Repo: "git.example.com/acme/fraud"}), "notes": signedPost(pushOf(update{Old: zeros, New: anOld, Ref: "refs/notes/x"}))},
		Sign:    sign,
	})
}

func FuzzPosts(f *testing.F) {
	promises.Fuzz(f, New(nil), testAccount, signedPost(pushOf(aPush())), signedPost(pushOf(update{Old: zeros, New: anOld, Ref: "refs/tags/v1", Commit: anOld})))
}

func received(t *testing.T, a integrations.Account, p post) []integrations.Event {
	t.Helper()
	events, err := New(nil).Receive(t.Context(), a, signedPost(p))
	require.NoError(t, err)
	return events
}

func TestAPushWithCommitsIsDescribedAtOnce(t *testing.T) {
	e := received(t, testAccount, pushOf(aPush()))[0]
	require.Len(t, e.Batch.Descriptions, 3)
	c, gone, r := e.Batch.Descriptions[0], e.Batch.Descriptions[1], e.Batch.Descriptions[2]
	require.Equal(t, "git.example.com/acme/fraud@"+aPush().New, c.Ref.Key)
	require.Equal(t, "Add features", c.Title)
	require.Equal(t, time.Unix(1790000100, 0).UTC(), c.At, "its committer's time")
	require.Equal(t, "Kim Lund", c.Facts["author"], "not what a signature quotes")
	require.Equal(t, "Lee", c.Facts["committer"])
	require.Equal(t, []string{"Lee"}, c.Facts["reviewed_by"])
	require.Equal(t, []models.LinkTo{{Relation: models.Mentions, To: models.Ref{Kind: models.ModelVersion, Key: "fraud-score/3"}},
		{Relation: models.Mentions, To: models.Ref{Kind: models.Model, Key: "risk"}},
		{Relation: models.Mentions, To: models.Ref{Kind: models.Run, Key: "run-1"}}}, c.Links)
	require.Equal(t, map[string]any{"unreachable": true}, gone.Facts)
	require.Equal(t, time.UnixMilli(1_790_000_200_500).UTC(), r.At, "the push's own time")
	require.Equal(t, map[string]any{"branch.main": aPush().New, "default_branch": "main"}, r.Facts)
}

func TestARepeatedPushIsOneDelivery(t *testing.T) {
	first, second := aPush(), aPush()
	second.Commits = ""
	require.Equal(t, received(t, testAccount, pushOf(first))[0].ID, received(t, testAccount, pushOf(second))[0].ID)
	second.Ref = "refs/heads/other"
	require.NotEqual(t, received(t, testAccount, pushOf(first))[0].ID, received(t, testAccount, pushOf(second))[0].ID)
}

func TestACommitIsWhatItsShaSays(t *testing.T) {
	lie := aPush()
	forged := batch(raw)
	text, _ := base64.StdEncoding.DecodeString(forged)
	text[len(text)-3] ^= 1
	lie.Commits = base64.StdEncoding.EncodeToString(text)
	require.Len(t, received(t, testAccount, pushOf(lie))[0].Batch.Descriptions, 2, "a commit whose bytes have another sha is left out")
}

func TestAnotherRepositoryIsIgnored(t *testing.T) {
	a := integrations.Account{Settings: map[string]string{"secret": testSecret, "url": "https://git.example.com/acme/other.git"}}
	require.True(t, received(t, a, pushOf(aPush()))[0].Ignored)
	a.Settings["repository"] = "git.example.com/acme/fraud"
	require.False(t, received(t, a, pushOf(aPush()))[0].Ignored)
	a.Settings["branches"] = "release/*"
	require.True(t, received(t, a, pushOf(aPush()))[0].Ignored)
}

func TestAPushWithoutFullNamesIsParked(t *testing.T) {
	for _, u := range []update{{Old: "1111111", New: anOld, Ref: "refs/heads/main"}, {Old: anOld, New: anOld, Ref: "refs/heads/main", Commits: "%"}} {
		require.Error(t, received(t, testAccount, pushOf(u))[0].Err)
	}
	p := pushOf(aPush())
	p.Repo = "nonsense"
	require.Error(t, received(t, testAccount, p)[0].Err)
}
