package store

// whole and text scan columns of a row that may have been tampered with: SQLite
// keeps any value in any column. One of another type is told, not an error.
type whole struct {
	value *int64
	odd   *bool
}

// Scan takes a whole number.
func (w whole) Scan(v any) error {
	n, ok := v.(int64)
	*w.value = n
	*w.odd = *w.odd || !ok
	return nil
}

type text struct {
	value *string
	odd   *bool
}

// Scan takes a text.
func (t text) Scan(v any) error {
	s, ok := v.(string)
	*t.value = s
	*t.odd = *t.odd || !ok
	return nil
}
