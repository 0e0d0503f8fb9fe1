package handlers

import (
	"net/http"
	"strconv"
	"strings"

	"throughline/integrations"
	"throughline/models"
	"throughline/models/store"
)

// idempotencyKey is the header by which a sender names a post, so that sending it
// again changes nothing (draft-ietf-httpapi-idempotency-key-header).
const idempotencyKey = "Idempotency-Key"

// keyed names events by the post's key where it has one, instead of by themselves.
func keyed(header http.Header, events []integrations.Event) ([]integrations.Event, error) {
	values := header.Values(idempotencyKey)
	if len(values) == 0 {
		return events, nil
	}
	key := strings.Trim(strings.TrimSpace(values[0]), `"`)
	if len(values) > 1 || key == "" || len(key) > 255 || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, models.FieldErrorf(models.Invalid, idempotencyKey, "The header %s holds one key of 1 to 255 printable ASCII characters.", idempotencyKey)
	}
	for i := range events {
		events[i].ID = idempotencyKey + " " + key
		if i > 0 {
			events[i].ID += " " + strconv.Itoa(i+1)
		}
	}
	return events, nil
}

// sameAgain refuses a key that named another event before.
func sameAgain(in store.Inbound, out store.Outcome) error {
	if out.Differs && strings.HasPrefix(in.ID, idempotencyKey+" ") {
		return models.FieldErrorf(models.Unprocessed, idempotencyKey, "This %s was used for another event; nothing was changed. Give each event a key of its own.", idempotencyKey)
	}
	return nil
}
