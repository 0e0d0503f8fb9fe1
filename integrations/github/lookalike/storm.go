package lookalike

import (
	"net/http"
	"time"
)

// Storm is what happens to webhooks on their way, as shares of one: they get
// lost, come twice, or come after up to ten later ones. In a storm those that
// are on their way at the same time come in any order.
type Storm struct{ Drop, Repeat, Delay float64 }

// Storm begins or ends a storm. What is late already stays late until Calm.
func (s *Server) Storm(how Storm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.storm = how
}

// Calm ends the storm; what was on its way arrives.
func (s *Server) Calm() {
	s.mu.Lock()
	s.storm = Storm{}
	for _, d := range s.waiting {
		d.hold = 0
	}
	s.mu.Unlock()
	s.sendOut()
}

// delivery is one attempt to deliver one event to one hook.
type delivery struct {
	id            int64
	guid          string
	hook          *Hook
	event, action string
	repo          *Repo
	payload       []byte
	post          Post
	at            time.Time
	again         bool // a redelivery
	code          int  // what the receiver answered; 0 while it is on its way
	hold          int  // how many others go first
}

func (d *delivery) status() string {
	switch {
	case d.code >= 200 && d.code < 300:
		return "OK"
	case d.code == http.StatusBadGateway:
		return "Invalid HTTP Response: 502"
	}
	return http.StatusText(d.code)
}

// post puts an event on its way to a hook.
func (s *Server) post(h *Hook, guid, event, action string, r *Repo, told object) {
	payload := encode(told)
	s.launch(&delivery{id: s.id(), guid: guid, hook: h, event: event, action: action, repo: r, payload: payload, post: h.request(guid, event, payload), at: s.clock})
}

// launch sends a delivery into the weather.
func (s *Server) launch(d *delivery) {
	s.posts = append(s.posts, d)
	if s.weather.Float64() < s.storm.Drop {
		d.code, d.hook.last = http.StatusBadGateway, d
		return
	}
	if s.weather.Float64() < s.storm.Delay {
		d.hold = 1 + s.weather.IntN(10)
	}
	s.waiting = append(s.waiting, d)
	if s.weather.Float64() < s.storm.Repeat {
		s.waiting = append(s.waiting, d)
	}
}

// sendOut sends what is due. Where it is sending already, that goes on with what
// is new.
func (s *Server) sendOut() {
	if !s.flush.TryLock() {
		return
	}
	defer s.flush.Unlock()
	for d := s.due(); d != nil; d = s.due() {
		send := s.Send
		if send == nil {
			send = overHTTP
		}
		code := send(d.post)
		s.mu.Lock()
		d.code, d.hook.last = code, d
		s.mu.Unlock()
	}
}

// due takes out the next delivery: the oldest, in a storm any.
func (s *Server) due() *delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ready []int
	for i, d := range s.waiting {
		if d.hold <= 0 {
			ready = append(ready, i)
		}
	}
	if len(ready) == 0 {
		return nil
	}
	n := ready[0]
	if s.storm != (Storm{}) {
		n = ready[s.weather.IntN(len(ready))]
	}
	d := s.waiting[n]
	s.waiting = append(s.waiting[:n:n], s.waiting[n+1:]...)
	for _, late := range s.waiting {
		late.hold--
	}
	return d
}

// redeliver sends an event again, as a new attempt.
func (s *Server) redeliver(old *delivery) {
	again := *old
	again.id, again.at, again.again, again.code, again.hold = s.id(), s.clock, true, 0, 0
	s.launch(&again)
}

func (d *delivery) json() object {
	out := object{"id": d.id, "guid": d.guid, "delivered_at": stamp(d.at), "redelivery": d.again, "duration": 0.03, "status": d.status(), "status_code": d.code,
		"event": d.event, "action": null(d.action), "installation_id": nil, "repository_id": nil, "throttled_at": nil}
	if d.repo != nil {
		out["repository_id"] = d.repo.ID
	}
	if d.hook.App != nil && d.repo != nil && d.hook.App.on(d.repo) != nil {
		out["installation_id"] = d.hook.App.on(d.repo).ID
	}
	return out
}

// full is the delivery with what was sent and answered.
func (d *delivery) full() object {
	header := object{}
	for name := range d.post.Header {
		header[name] = d.post.Header.Get(name)
	}
	return with(d.json(), object{"url": d.hook.URL, "request": object{"headers": header, "payload": raw(d.payload)}, "response": object{"headers": object{}, "payload": ""}})
}
