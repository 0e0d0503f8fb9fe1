package lookalike

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// claim is a JWT with these claims, signed by the key.
func claim(t *testing.T, key *rsa.PrivateKey, iss any, lasts time.Duration) string {
	t.Helper()
	part := func(v any) string { return base64.RawURLEncoding.EncodeToString(encode(v)) }
	word := part(object{"alg": "RS256", "typ": "JWT"}) + "." + part(object{"iss": iss, "iat": time.Now().Add(-time.Minute).Unix(), "exp": time.Now().Add(lasts).Unix()})
	sum := sha256.Sum256([]byte(word))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return word + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestAppsSignIn(t *testing.T) {
	gh := Start(t, 1)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := rsa.GenerateKey(rand.Reader, 2048)
	gh.Repo("acme/fraud")
	gh.Repo("acme/hidden")
	app := gh.App("throughline", &key.PublicKey, Writing)
	in := app.Install("acme", "fraud")
	address := fmt.Sprintf("/app/installations/%d/access_tokens", in.ID)
	for name, c := range map[string]struct {
		word   string
		status int
	}{
		"good":      {claim(t, key, app.ID, 9*time.Minute), 201},
		"client id": {claim(t, key, app.ClientID, 9*time.Minute), 201},
		"too long":  {claim(t, key, app.ID, 11*time.Minute), 401},
		"over":      {claim(t, key, app.ID, -time.Second), 401},
		"other key": {claim(t, other, app.ID, 9*time.Minute), 401},
		"other app": {claim(t, key, app.ID+1, 9*time.Minute), 401},
	} {
		if answer, body := gh.ask(t, c.word, "POST", address, ""); answer.StatusCode != c.status {
			t.Errorf("%s: %d %s", name, answer.StatusCode, body)
		}
	}
	_, body := gh.ask(t, claim(t, key, app.ID, 9*time.Minute), "POST", address, "")
	var got struct{ Token string }
	_ = json.Unmarshal([]byte(body), &got)
	if _, body := gh.ask(t, got.Token, "GET", "/installation/repositories", ""); !strings.Contains(body, `"total_count":1`) || strings.Contains(body, "hidden") {
		t.Error(body)
	}
	made, body := gh.ask(t, got.Token, "POST", "/repos/acme/fraud/check-runs", fmt.Sprintf(`{"name":"Throughline","head_sha":%q,"status":"in_progress"}`, gh.Repo("acme/fraud").Branches["main"]))
	if made.StatusCode != 201 {
		t.Error(made.StatusCode, body)
	}
	app.Expire()
	if answer, _ := gh.ask(t, got.Token, "GET", "/installation/repositories", ""); answer.StatusCode != 401 {
		t.Error("a token that is over still works:", answer.StatusCode)
	}
}
