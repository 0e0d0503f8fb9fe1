package github

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/url"

	"throughline/integrations"
	"throughline/models"
)

// payload is the JSON of a post in either of GitHub's two content types. A
// signed object is taken for what it is when the sender, a script that repeats a
// delivery, named no type or its tool's default.
func payload(r integrations.Request) ([]byte, error) {
	kind := r.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(kind)
	bare := bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("{"))
	switch {
	case err == nil && media == "application/json", bare && (kind == "" || media == "application/x-www-form-urlencoded"):
		return r.Body, nil
	case err == nil && media == "application/x-www-form-urlencoded":
		return formPayload(r.Body)
	}
	return nil, models.Errorf(models.Unsupported,
		"A webhook's content type is application/json or application/x-www-form-urlencoded, not %q.", r.Header.Get("Content-Type"))
}

func formPayload(body []byte) ([]byte, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, models.Errorf(models.Invalid, "The form cannot be read: %w.", err)
	}
	if len(form["payload"]) != 1 {
		return nil, models.FieldErrorf(models.Invalid, "payload", "The form has no single field called payload.")
	}
	return []byte(form.Get("payload")), nil
}

// readable fills v as far as the types fit and fails only where the body is no
// JSON at all, naming the place.
func readable(body []byte, v any) error {
	err := json.Unmarshal(body, v)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return models.Errorf(models.Invalid, "The body is not JSON, at byte offset %d: %w.", syntax.Offset, err)
	}
	return nil
}
