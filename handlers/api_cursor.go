package handlers

import (
	"strconv"

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
