package cloudevents

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"

	"throughline/models"
)

// envelope is one event with its attributes and its data still raw.
type envelope struct {
	ID, Source, Type string
	Time             time.Time // zero when the sender gave none
	DataType         string    // media type of Data; empty means JSON
	Data             []byte
}

// form is how a post carries its event.
type form int

const (
	structured form = iota // application/cloudevents+json
	plain                  // application/json that holds a structured event or a bare CDEvent
	binary                 // attributes in ce-* headers, data in the body
	batched                // application/cloudevents-batch+json
)

func formOf(header http.Header) (form, error) {
	media, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	charset := strings.ToLower(params["charset"])
	switch {
	case err == nil && charset != "" && charset != "utf-8" && charset != "us-ascii":
		return 0, models.Errorf(models.Unsupported, "Events in the character set %q are not read; send UTF-8.", charset)
	case media == "application/cloudevents+json", media == "application/cloudevents":
		return structured, nil
	case media == "application/cloudevents-batch+json", media == "application/cloudevents-batch":
		return batched, nil
	case strings.HasPrefix(media, "application/cloudevents"):
		return 0, models.Errorf(models.Unsupported, "The event format %q is not read; send application/cloudevents+json.", media)
	case hasAttributes(header):
		return binary, nil
	case media == "application/json":
		return plain, nil
	}
	return 0, models.Errorf(models.Unsupported, "The media type %q is not read; send application/cloudevents+json.", header.Get("Content-Type"))
}

func hasAttributes(header http.Header) bool {
	return slices.ContainsFunc([]string{"Ce-Specversion", "Ce-Type", "Ce-Id", "Ce-Source"}, func(name string) bool {
		return header.Get(name) != ""
	})
}

// read takes one event out of a post, checked for the required attributes.
func read(f form, header http.Header, body []byte) (envelope, error) {
	if f == binary {
		return fromHeaders(header, body)
	}
	var values map[string]json.RawMessage
	if err := decodeJSON(body, &values); err != nil {
		return envelope{}, err
	}
	if values == nil {
		return envelope{}, models.Errorf(models.Invalid, "An event is a JSON object.")
	}
	if _, ok := values["specversion"]; !ok && isObject(values["context"]) && isObject(values["subject"]) && f != structured {
		return fromCDEvent(values, body)
	}
	return fromObject(values)
}

func fromObject(values map[string]json.RawMessage) (envelope, error) {
	o := newObject("", values)
	version := o.text("specversion")
	e := envelope{ID: o.text("id"), Source: o.text("source"), Type: o.text("type"), DataType: o.text("datacontenttype")}
	e.Time = o.when("time")
	e.Data = values["data"]
	if encoded := values["data_base64"]; o.problem == nil && given(encoded) {
		// What is not Base64 stays as it is: only a known type's decoder minds.
		var err error
		if e.Data, err = base64.StdEncoding.DecodeString(o.text("data_base64")); err != nil {
			e.Data = encoded
		}
	}
	if o.problem != nil {
		return envelope{}, o.problem
	}
	return e, e.check(version)
}

func fromHeaders(header http.Header, body []byte) (envelope, error) {
	attribute := func(name string) string {
		value := header.Get("Ce-" + name)
		if decoded, err := url.PathUnescape(value); err == nil {
			return decoded
		}
		return value
	}
	e := envelope{ID: attribute("Id"), Source: attribute("Source"), Type: attribute("Type"), DataType: header.Get("Content-Type"), Data: body}
	if raw := attribute("Time"); raw != "" {
		var ok bool
		if e.Time, ok = parseTime(raw); !ok {
			return envelope{}, badField("time", "%q is not an RFC 3339 time.", raw)
		}
	}
	return e, e.check(attribute("Specversion"))
}

// fromCDEvent wraps a CDEvent that was posted without a CloudEvent around it:
// its context holds the same attributes.
func fromCDEvent(values map[string]json.RawMessage, body []byte) (envelope, error) {
	o := newObject("", values)
	context := o.object("context")
	e := envelope{ID: context.text("id"), Source: context.text("source"), Type: context.text("type"), Time: context.when("timestamp"), Data: body}
	if context.problem != nil {
		return envelope{}, context.problem
	}
	return e, e.check(event.CloudEventsVersionV1)
}

// check validates the attributes by the rules of CloudEvents 1.0.
func (e envelope) check(version string) error {
	if version != event.CloudEventsVersionV1 {
		return badAttribute("specversion", version, `must be "1.0"`)
	}
	v := event.New()
	v.SetID(e.ID)
	v.SetSource(e.Source)
	v.SetType(e.Type)
	if e.DataType != "" {
		v.SetDataContentType(e.DataType)
	}
	for _, attribute := range [][2]string{{"id", e.ID}, {"source", e.Source}, {"type", e.Type}} {
		if hasControl(attribute[1]) || len(attribute[1]) > 2048 || !utf8.ValidString(attribute[1]) {
			return badField(attribute[0], "is too long, or holds control characters or broken UTF-8.")
		}
	}
	var faults event.ValidationError
	if err := v.Validate(); errors.As(err, &faults) {
		name := slices.Sorted(maps.Keys(faults))[0]
		return badAttribute(name, map[string]string{"id": e.ID, "source": e.Source, "type": e.Type, "datacontenttype": e.DataType}[name], faults[name].Error())
	}
	return nil
}

func badAttribute(name, value, why string) error {
	if strings.TrimSpace(value) == "" {
		return badField(name, "is missing: the attribute is required.")
	}
	return badField(name, "%.100q: %s.", value, why)
}

// typeOf is the type of an event whose other attributes may be broken.
func typeOf(raw []byte) string {
	var e struct {
		Type any `json:"type"`
	}
	_ = json.Unmarshal(raw, &e)
	name, _ := e.Type.(string)
	if hasControl(name) || len(name) > 200 {
		return ""
	}
	return name
}

// object is the data as a JSON object, or the reason why it is none.
func (e envelope) object() (*object, error) {
	media, _, err := mime.ParseMediaType(e.DataType)
	if e.DataType != "" && (err != nil || media != "application/json" && media != "text/json" && !strings.HasSuffix(media, "+json")) {
		return nil, badField("datacontenttype", "%.100q is not read; send JSON.", e.DataType)
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(e.Data, &values); err != nil || values == nil {
		return nil, badField("data", "must be a JSON object.")
	}
	return newObject("", values), nil
}
