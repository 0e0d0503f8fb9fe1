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

func TestTheLastChangeOfTheSchemaIsShown(t *testing.T) {
	one, two := []Field{{Name: "id"}}, []Field{{Name: "id"}, {Name: "country"}}
	versions := []DataVersion{{Digest: "d"}, {Digest: "c", Schema: two}, {Digest: "b", Schema: two}, {Digest: "a", Schema: one}}
	old, now, err := SchemaPair(versions, "", "")
	if err != nil || old.Digest != "a" || now.Digest != "c" {
		t.Errorf("%s and %s, %v", old.Digest, now.Digest, err)
	}
	if old, now, _ = SchemaPair(versions, "b", "c"); old.Digest != "b" || now.Digest != "c" {
		t.Errorf("%s and %s", old.Digest, now.Digest)
	}
	if _, _, err = SchemaPair(versions, "x", ""); CodeOf(err) != NotFound {
		t.Errorf("a version that is not there: %v", err)
	}
	if old, now, err = SchemaPair(nil, "", ""); err != nil || old.Digest+now.Digest != "" {
		t.Errorf("of nothing: %v", err)
	}
}
