package mlflow

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"

	"throughline/models"
)

// Read decodes the call's body or, for a GET, its query into a struct with JSON
// names. Unknown fields are ignored: newer clients send more than we know.
func (c *Call) Read(into any) error {
	text, err := c.text()
	if err != nil {
		return err
	}
	if len(text) == 0 {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return models.Errorf(models.Invalid, "The request could not be read as JSON: %w", err)
	}
	return nil
}

func (c *Call) text() ([]byte, error) {
	if c.Request.Method == http.MethodGet {
		return queryAsJSON(c.Request.URL.Query()), nil
	}
	if c.body == nil {
		body, err := io.ReadAll(c.Request.Body) // its size was limited before
		if over := new(http.MaxBytesError); errors.As(err, &over) {
			return nil, models.Errorf(models.TooLarge, "The body is larger than the %d bytes that are taken here.", over.Limit)
		}
		if models.CodeOf(err) == models.Busy {
			return nil, err // no room for a large body right now
		}
		if err != nil {
			return nil, models.Errorf(models.Invalid, "The body ended early: %w", err)
		}
		c.body = body
	}
	return c.body, nil
}

// queryAsJSON is a query as the body that says the same.
func queryAsJSON(query map[string][]string) []byte {
	fields := make(map[string]any, len(query))
	for name, values := range query {
		if fields[name] = values[0]; len(values) > 1 {
			fields[name] = values
		}
	}
	text, _ := json.Marshal(fields)
	return text
}

// mark names this call by who asked, where, what and with which body: a client that
// lost the answer sends the same again. The time of the run's start is in the body.
func (c *Call) mark() string {
	text, err := c.text()
	if err != nil {
		return ""
	}
	h := sha256.New()
	for _, part := range []string{c.By.Actor(), c.Space.Project.Key, c.Request.Method, c.Request.URL.Path, string(text)} {
		h.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// integer is an int64 that may come as text: protobuf's JSON writes it so.
type integer int64

// UnmarshalJSON reads 7, 7.0 and "7".
func (i *integer) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	if text == "null" || text == "" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		f, bad := strconv.ParseFloat(text, 64)
		if bad != nil || f != math.Trunc(f) || math.Abs(f) > 1<<62 {
			return models.Errorf(models.Invalid, "%q is no whole number", text)
		}
		n = int64(f)
	}
	*i = integer(n)
	return nil
}

// number is a float64 that may be "NaN" or "Infinity".
type number float64

// UnmarshalJSON reads numbers and the words for those JSON has none for. Infinities
// become the greatest numbers, as the reference keeps them.
func (n *number) UnmarshalJSON(data []byte) error {
	f, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	if err != nil && !math.IsInf(f, 0) {
		return models.Errorf(models.Invalid, "%s is no number", data)
	}
	*n = number(finite(f))
	return nil
}

// finite keeps infinities as the greatest numbers.
func finite(f float64) float64 { return max(-math.MaxFloat64, min(f, math.MaxFloat64)) } // NaN stays

// MarshalJSON writes what UnmarshalJSON reads.
func (n number) MarshalJSON() ([]byte, error) {
	f := float64(n)
	if math.IsNaN(f) {
		return []byte(`"NaN"`), nil
	}
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return strconv.AppendFloat(nil, f, 'f', 1, 64), nil
	}
	return json.Marshal(f)
}

// String is the number as JSON has it.
func (n number) String() string {
	text, _ := n.MarshalJSON()
	return string(text)
}

// texts are strings of which a query may hold a single one.
type texts []string

// UnmarshalJSON reads one string or a list of them.
func (t *texts) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}
