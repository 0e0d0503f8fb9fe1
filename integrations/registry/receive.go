package registry

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// notification is a post of distribution, which holds several events, or one of
// Harbor, by itself or as a CloudEvent.
type notification struct {
	Events []json.RawMessage `json:"events"`

	Type  string      `json:"type"` // Harbor's word: PUSH_ARTIFACT, or harbor.artifact.pushed
	Occur int64       `json:"occur_at"`
	Event *harborData `json:"event_data"`

	Spec string      `json:"specversion"`
	ID   string      `json:"id"`
	From string      `json:"source"`
	Time string      `json:"time"`
	Data *harborData `json:"data"`
}

// Receive reads one post. Whom it is from was proven by the token in its header.
func (s *Source) Receive(_ context.Context, a integrations.Account, r integrations.Request) ([]integrations.Event, error) {
	var n notification
	if err := integrations.ReadJSON(r.Body, &n); err != nil {
		return nil, err
	}
	if n.Events == nil {
		return []integrations.Event{n.harbor(a, r.Body)}, nil
	}
	var out []integrations.Event
	for _, raw := range n.Events {
		if e, worth := distribution(a, raw); worth {
			out = append(out, e)
		}
	}
	return out, nil
}

// Replay decodes a kept event again.
func (s *Source) Replay(_ context.Context, a integrations.Account, _ string, _ http.Header, body []byte) (integrations.Event, error) {
	var is struct {
		Action *string `json:"action"`
	}
	if err := integrations.ReadJSON(body, &is); err == nil && is.Action != nil {
		e, _ := distribution(a, body)
		return e, nil
	}
	var n notification
	err := integrations.ReadJSON(body, &n)
	return n.harbor(a, body), err
}

// told is one event of distribution.
type told struct {
	ID        string `json:"id"`
	Timestamp string `json:"timestamp"`
	Action    string `json:"action"`
	Target    struct {
		MediaType  string `json:"mediaType"`
		Digest     string `json:"digest"`
		Repository string `json:"repository"`
		Tag        string `json:"tag"`
	} `json:"target"`
	Request struct {
		Host string `json:"host"`
	} `json:"request"`
	Actor struct {
		Name string `json:"name"`
	} `json:"actor"`
}

// distribution reads one event. Those that say nothing of an image are not worth
// being kept: pulls are many, and our own are among them; layers are parts.
func distribution(a integrations.Account, raw json.RawMessage) (e integrations.Event, worth bool) {
	var t told
	e = integrations.Event{Name: "event", Body: raw}
	if err := integrations.ReadJSON(raw, &t); err != nil {
		e.Err = err
		return e, true
	}
	e.ID = integrations.Line(t.ID, 200)
	switch t.Action {
	case "push", "mount":
		if !isImage(t.Target.MediaType) {
			return e, false
		}
		e.Name, e.Poke = "image.pushed", true
		e.Batch.Descriptions, e.Err = t.pushed(a)
	case "delete":
		e.Name, e.Poke = "image.deleted", true
		e.Batch.Descriptions = t.deleted(a)
		e.Ignored = len(e.Batch.Descriptions) == 0 // of a tag: only asking tells whose it was
	case "pull":
		return e, false
	default:
		e.Name, e.Ignored = integrations.Line("image."+t.Action, 60), true
	}
	return e, true
}

func (t told) when() time.Time { return integrations.Moment(t.Timestamp) }

func (t told) place(a integrations.Account) place { return at(a, t.Request.Host, t.Target.Repository) }

func (t told) pushed(a integrations.Account) ([]models.Description, error) {
	p := t.place(a)
	d, ok := p.image(t.Target.Digest, t.when())
	if !ok {
		return nil, models.FieldErrorf(models.Unprocessed, "target.digest", "A push of an image names its repository and its digest.")
	}
	p.tagged(&d, t.Target.Tag)
	integrations.Told(d.Facts, "media_type", integrations.Line(t.Target.MediaType, 200))
	integrations.Told(d.Facts, "pushed_by", integrations.Line(t.Actor.Name, 200))
	return []models.Description{d}, nil
}

func (t told) deleted(a integrations.Account) []models.Description {
	p := t.place(a)
	d, ok := p.image(t.Target.Digest, t.when())
	if !ok {
		return nil
	}
	p.gone(&d)
	return []models.Description{d}
}

// isImage tells whether a media type is that of a manifest or an index.
func isImage(mediaType string) bool {
	return strings.Contains(mediaType, "manifest") || strings.Contains(mediaType, "image.index")
}
