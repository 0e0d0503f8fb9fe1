package github

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/integrations"
)

// answer is what GitHub said to one question.
type answer struct {
	address   string
	body      json.RawMessage
	tag       string // by which it can say later that nothing changed
	unchanged bool   // since the tag that was remembered
	next      int    // page, 0 when this is the last
	last      int    // page, 0 when this is the last
	cursor    string // of lists that have no page numbers
}

const retries = 2 // of a question that GitHub stumbled over

// get asks for an address below the API's. GitHub's stumbles, a 5xx or a cut
// answer, are tried again at once, because most pass.
func (v *visit) get(address string) (a answer, err error) {
	for range retries + 1 {
		if a, err = v.once(address, ""); err == nil || !stumble(err) {
			return a, err
		}
	}
	return a, err
}

// getNew is get for what is asked in every round: GitHub may say "unchanged",
// which costs nothing of the hourly limit.
func (v *visit) getNew(address string) (a answer, err error) {
	for range retries + 1 {
		if a, err = v.once(address, v.Tags[address]); err == nil || !stumble(err) {
			return a, err
		}
	}
	return a, err
}

// keep remembers the tag of an answer, once all that it says is taken in.
func (v *visit) keep(a answer) {
	if a.tag != "" {
		v.Tags[a.address] = a.tag
	}
}

func (v *visit) once(address, tag string) (answer, error) {
	a := answer{address: address}
	request, err := v.api.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return a, err
	}
	if tag != "" {
		request.Header.Set("If-None-Match", tag)
	}
	v.asked++
	response, err := v.api.Do(v.ctx, request, &a.body)
	if response != nil && response.Response != nil && response.StatusCode == http.StatusNotModified {
		v.Progress.Unchanged++
		a.unchanged = true
		return a, nil
	}
	if err == nil && len(a.body) == 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return a, err
	}
	v.spare(response)
	a.next, a.last, a.cursor, a.tag = response.NextPage, response.LastPage, response.Cursor, response.Header.Get("ETag")
	return a, nil
}

// stumble tells whether trying again may help.
func stumble(err error) bool {
	var syntax *json.SyntaxError
	return statusOf(err) >= 500 || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &syntax)
}

func statusOf(err error) int {
	var said *gogithub.ErrorResponse
	if errors.As(err, &said) && said.Response != nil {
		return said.Response.StatusCode
	}
	return 0
}

// forbidden tells whether GitHub refuses a thing; it says 404 as well.
func forbidden(err error) bool { return statusOf(err) == http.StatusForbidden || absent(err) }

// absent tells whether there is no such thing. 422 is for shas that GitHub does
// not know, 409 for repositories without a commit.
func absent(err error) bool {
	switch statusOf(err) {
	case http.StatusNotFound, http.StatusGone, http.StatusUnprocessableEntity, http.StatusConflict:
		return true
	}
	return false
}

const reserve = 20 // the import leaves a twentieth of the hourly limit to the news

var errReserve = errors.New("the hourly limit of requests is nearly used up, and the rest is kept for news")

// spare notes until when an import rests, before it has used up the hour.
func (v *visit) spare(r *gogithub.Response) {
	if v.Progress.Running() && r.Rate.Limit > 0 && r.Rate.Remaining < r.Rate.Limit/reserve {
		v.Rest = r.Rate.Reset.Time
	}
}

// rested fails while the import rests.
func (v *visit) rested() error {
	if v.Progress.Running() && v.Rest.After(time.Now()) {
		return &integrations.RetryAfter{Until: v.Rest, Cause: errReserve}
	}
	return nil
}

// parse reads an answer's body; one that does not fit was cut or is not GitHub's.
func parse[T any](a answer) (out T, err error) {
	if json.Unmarshal(a.body, &out) != nil {
		return out, io.ErrUnexpectedEOF
	}
	return out, nil
}
