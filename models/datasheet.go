package models

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// DataSheet is what is known of a dataset: its versions, schema, checks, and what
// stands before and behind it.
type DataSheet struct {
	Dataset    Subject
	State      State // fresh, late, failed or unknown
	Why        string
	Freshness  Freshness
	Versions   []DataVersion // the newest first
	Schema     []Field       // of the newest version that has one, else as told of the dataset
	Columns    map[string][]ColumnSource
	Checks     []QualityCheck
	Upstream   []Subject // datasets that it is made from
	Downstream []Subject // datasets made from it
	Writers    []Subject // pipeline runs, the newest first
	Readers    []Subject
	Runs       []Subject // training runs that used it
	Live       []Subject // live deployments of models trained or evaluated on it, or on what is made from it
}

// DataVersion is one version of a dataset.
type DataVersion struct {
	Subject Subject
	Digest  string
	Taken   time.Time // when it was first heard of
	Rows    *int64    // nil: nobody said
	Bytes   *int64
	Schema  []Field
	Writer  *Subject // the pipeline run that wrote it
	UsedBy  []Subject
}

// FieldsOf are the columns that a subject's facts list.
func FieldsOf(s Subject) (out []Field) {
	text, err := json.Marshal(s.Facts[FactSchema])
	if err == nil {
		_ = json.Unmarshal(text, &out)
	}
	return out
}

// ColumnsOf is where the columns of a dataset come from, by column.
func ColumnsOf(s Subject) map[string][]ColumnSource {
	out := map[string][]ColumnSource{}
	text, err := json.Marshal(s.Facts[FactColumns])
	if err == nil {
		_ = json.Unmarshal(text, &out)
	}
	return out
}

// QualityCheck is a check of data with its results, the newest first.
type QualityCheck struct {
	Name, Column string
	Source       string // the integration that told it
	Results      []QualityResult
}

// Last is the newest result.
func (c QualityCheck) Last() QualityResult {
	if len(c.Results) == 0 {
		return QualityResult{State: Unknown}
	}
	return c.Results[0]
}

// Failing counts the checks whose newest result failed.
func Failing(list []QualityCheck) (n int) {
	for _, c := range list {
		if c.Last().State == Failed {
			n++
		}
	}
	return n
}

// Freshness is how often a new version of a dataset is promised.
type Freshness struct {
	Every time.Duration // 0: nobody promised
	By    string
	Since time.Time
}

// Given tells whether anybody promised.
func (f Freshness) Given() bool { return f.Every > 0 }

// StateOfData is where a dataset stands, with the reason in words: failed while a
// check fails, late when its newest version is older than was promised, fresh when
// it is not or when its checks passed, else unknown.
func StateOfData(f Freshness, newest time.Time, checks []QualityCheck, now time.Time) (State, string) {
	passed := slices.ContainsFunc(checks, func(c QualityCheck) bool { return c.Last().State == Passed })
	switch n := Failing(checks); {
	case n == 1:
		return Failed, "A quality check fails."
	case n > 1:
		return Failed, plural(n, "quality check") + " fail."
	case f.Given() && newest.IsZero():
		return Late, "No version was heard of yet."
	case f.Given() && now.Sub(newest) > f.Every:
		return Late, "Its newest version is older than was promised."
	case f.Given():
		return Fresh, "Its newest version is as new as was promised."
	case passed:
		return Fresh, "Its quality checks passed."
	}
	return Unknown, "Nobody promised how fresh it is, and nobody checks it."
}

func plural(n int, one string) string { return fmt.Sprintf("%d %ss", n, one) }

// SchemaPair are the two versions whose columns are compared: those of the digests,
// or else the newest with columns and the last before it whose columns differ.
func SchemaPair(versions []DataVersion, from, to string) (old, now DataVersion, err error) {
	at := -1
	for i, v := range versions {
		if to == "" && len(v.Schema) > 0 || to != "" && v.Digest == to {
			at = i
			break
		}
	}
	if at < 0 && to != "" {
		return old, now, FieldErrorf(NotFound, "to", "The dataset has no version %q.", to)
	}
	if at >= 0 {
		now = versions[at]
	}
	if from == "" {
		return lastOther(versions[at+1:], now), now, nil
	}
	for _, v := range versions {
		if v.Digest == from {
			return v, now, nil
		}
	}
	return old, now, FieldErrorf(NotFound, "from", "The dataset has no version %q.", from)
}

// lastOther is the newest of some versions whose columns differ from those of now,
// else the newest that has any.
func lastOther(versions []DataVersion, now DataVersion) (old DataVersion) {
	for _, v := range versions {
		if len(v.Schema) == 0 {
			continue
		}
		if old.Digest == "" {
			old = v
		}
		if len(DiffFields(v.Schema, now.Schema)) > 0 {
			return v
		}
	}
	return old
}

// Count is a fact that is a whole number; nil when it is none.
func Count(s Subject, name string) *int64 {
	if n, ok := s.Facts[name].(float64); ok {
		whole := int64(n)
		return &whole
	}
	return nil
}
