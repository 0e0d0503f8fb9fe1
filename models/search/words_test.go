package search

import (
	"errors"
	"reflect"
	"testing"
	"time"
)

func TestWordsAreRead(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]Word{
		"state:failed,running":     {Field: "state", Values: []string{"failed", "running"}},
		"-user:@me":                {Field: "user", Not: true, Values: []string{"ann"}},
		"metric.val_auc:>0.9":      {Field: "metric.val_auc", Op: ">", Values: []string{"0.9"}},
		"metrics.auc:0.5..0.9":     {Field: "metric.auc", From: "0.5", To: "0.9"},
		"started:>=@today-7d":      {Field: "started", Op: ">=", Values: []string{"2026-11-16"}},
		"started:..@today":         {Field: "started", To: "2026-11-23"},
		"has:commit":               {Field: "commit", Has: true},
		"no:commit":                {Field: "commit", Has: true, Not: true},
		"-has:commit":              {Field: "commit", Has: true, Not: true},
		`name:"my, run"`:           {Field: "name", Values: []string{"my, run"}},
		`tag.team:"risk and more"`: {Field: "tag.team", Values: []string{"risk and more"}},
		"plain":                    {Values: []string{"plain"}},
		`"two words"`:              {Values: []string{"two words"}},
	} {
		got, err := RunFields.Words(text, "ann", now)
		want.Length = len(text)
		if err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], want) {
			t.Errorf("%s: %+v %v, want %+v", text, got, err, want)
		}
	}
}

func TestAWrongWordIsShownWhereItStands(t *testing.T) {
	for text, at := range map[string]int{"state:failed colour:red": 13, "has:nothing": 0, "user:": 0, "a b nope:1": 4} {
		_, err := RunFields.Words(text, "", time.Now())
		var wrong *Error
		if !errors.As(err, &wrong) || wrong.At != at {
			t.Errorf("%s: %v, want a refusal at %d", text, err, at)
		}
	}
}

func TestExpressionsAreTold(t *testing.T) {
	for text, want := range map[string]bool{"metrics.auc > 0.9": true, "params.lr = '0.1'": true, "status = 'FAILED' and tags.x = 'y'": true, "run_name LIKE 'a%'": true, "tags.a IS NULL": true,
		"state:failed": false, "metric.auc:>0.9": false, "plain words": false, "started:>=@today-7d": false, "": false, "user:ann metric.auc:<=2": false} {
		if got := IsExpression(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"state:failed,running -user:@me", `name:"a`, "metric.x:1..2 no:commit", "-", ":", "a:b:c", "@today-99999999999d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = RunFields.Words(text, "ann", time.Unix(0, 0))
		_ = IsExpression(text)
	})
}
