package demo

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// message is one call of a public address.
type message struct {
	method, path string
	mime         string // application/json when empty
	event, id    string // GitHub's headers; such a message is signed
	bot          string // the project whose bot calls; otherwise whoever set the demo up
	body         any    // text as it is, anything else as JSON
	also         []int  // answers besides 2xx that are fine
}

// send makes the call and expects that it succeeds.
func (t *Teller) send(ctx context.Context, m message) error {
	_, err := t.ask(ctx, m)
	return err
}

func (t *Teller) ask(ctx context.Context, m message) ([]byte, error) {
	body, err := m.raw()
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, m.method, t.Base+m.path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", m.method, m.path, err)
	}
	t.sign(request, m, body)
	answer, err := t.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 4<<20))
	if answer.StatusCode/100 != 2 && !slices.Contains(m.also, answer.StatusCode) {
		return nil, fmt.Errorf("%s %s answered %s: %.500s", m.method, m.path, answer.Status, text)
	}
	return text, err
}

func (m message) raw() ([]byte, error) {
	switch body := m.body.(type) {
	case nil:
		return nil, nil
	case string:
		return []byte(body), nil
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", m.path, err)
		}
		return raw, nil
	}
}

// sign proves who calls: GitHub by a signature, everybody else by a token.
func (t *Teller) sign(r *http.Request, m message, body []byte) {
	r.Header.Set("Content-Type", "application/json")
	if m.mime != "" {
		r.Header.Set("Content-Type", m.mime)
	}
	switch {
	case m.event != "":
		mac := hmac.New(sha256.New, []byte(t.Book.Secret))
		mac.Write(body)
		r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
		r.Header.Set("X-GitHub-Event", m.event)
		r.Header.Set("X-GitHub-Delivery", m.id)
		r.Header.Set("User-Agent", "GitHub-Hookshot/demo")
	case m.bot != "":
		r.Header.Set("Authorization", "Bearer "+t.Book.Bots[m.bot])
	default:
		r.Header.Set("Authorization", "Bearer "+t.Book.Token)
	}
}
