package models

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheDifferenceOfSchemasGoesByName(t *testing.T) {
	was := []Field{{Name: "id", Type: "bigint"}, {Name: "country", Type: "text"}, {Name: "address", Type: "struct", Fields: []Field{{Name: "zip", Type: "int"}}}}
	is := []Field{{Name: "address", Type: "struct", Fields: []Field{{Name: "zip", Type: "text"}, {Name: "street", Type: "text"}}}, {Name: "id", Type: "bigint"}}
	want := []FieldChange{{Path: "address.street", Is: "text", Added: true}, {Path: "address.zip", Was: "int", Is: "text"}, {Path: "country", Was: "text", Removed: true}}
	if diff := cmp.Diff(want, DiffFields(was, is)); diff != "" {
		t.Error(diff)
	}
	if same := DiffFields(was, was); len(same) != 0 {
		t.Errorf("a schema differs from itself: %v", same)
	}
}
