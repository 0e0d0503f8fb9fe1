package handlers

import (
	"encoding/base64"
	"strconv"
	"strings"

	"throughline/models"
)

// cursor reads a cursor that is a number; none is 0.
func cursor(after string) (int64, error) {
	if after == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(after, 10, 64)
	if err != nil || n < 1 {
		return 0, models.Errorf(models.Unprocessed, "after is the next of an earlier page.")
	}
	return n, nil
}

// nextOf is the cursor after a list that filled its page.
func nextOf[T any](list []T, p Paging, id func(T) int64) string {
	if len(list) < p.limit() {
		return ""
	}
	return strconv.FormatInt(id(list[len(list)-1]), 10)
}

// pageOf cuts a page out of a short list that is sorted by key.
func pageOf[T any](list []T, p Paging, key func(T) string) (page []T, next string, err error) {
	after, err := keyCursor(p.After)
	if err != nil {
		return nil, "", err
	}
	for after != "" && len(list) > 0 && key(list[0]) <= after {
		list = list[1:]
	}
	if len(list) <= p.limit() {
		return list, "", nil
	}
	return list[:p.limit()], keyMark(key(list[p.limit()-1])), nil
}

// markStart tells our cursors of keys from other text.
const markStart = "after:"

func keyMark(key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(markStart + key))
}

// keyCursor reads what keyMark wrote; none is "".
func keyCursor(after string) (string, error) {
	if after == "" {
		return "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(after)
	key, ours := strings.CutPrefix(string(text), markStart)
	if err != nil || !ours {
		return "", models.Errorf(models.Unprocessed, "after is the next of an earlier page.")
	}
	return key, nil
}
