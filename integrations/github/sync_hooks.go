package github

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v62/github"
)

// listedHook is a webhook of a repository.
type listedHook struct {
	ID     int64 `json:"id"`
	Active bool  `json:"active"`
	Config struct {
		URL string `json:"url"`
	} `json:"config"`
	LastResponse struct {
		Code int `json:"code"`
	} `json:"last_response"`
}

func (h listedHook) id() string { return strconv.FormatInt(h.ID, 10) }

// ours tells whether the hook posts to this integration.
func (h listedHook) ours(name string) bool {
	u, err := url.Parse(h.Config.URL)
	return err == nil && strings.HasSuffix(u.Path, "/hooks/github/"+name)
}

// hooks looks for our webhook and how it fares, where the token may.
func (v *visit) hooks(repo *mark, _ task) error {
	a, err := v.getNew("repos/" + repo.Name + "/hooks?per_page=100")
	if forbidden(err) {
		repo.Hook = ""
		return nil
	}
	if err != nil {
		return err
	}
	if !a.unchanged {
		list, err := parse[[]listedHook](a)
		if err != nil {
			return err
		}
		repo.Hook, repo.HookID = v.hookState(list), 0
		for _, h := range list {
			if h.ours(v.account.Name) {
				repo.HookID = h.ID
			}
		}
		v.keep(a)
	}
	if repo.HookID != 0 {
		repo.Tasks = append(repo.Tasks, task{Kind: "deliveries", Arg: strconv.FormatInt(repo.HookID, 10)})
	}
	return nil
}

func (v *visit) hookState(list []listedHook) string {
	for _, h := range list {
		switch {
		case !h.ours(v.account.Name):
		case !h.Active || h.LastResponse.Code >= 300:
			return "failing"
		default:
			return "ok"
		}
	}
	return "missing"
}

// listedDelivery is one attempt to deliver a webhook.
type listedDelivery struct {
	ID          int64     `json:"id"`
	GUID        string    `json:"guid"`
	DeliveredAt time.Time `json:"delivered_at"`
	StatusCode  int       `json:"status_code"`
	Event       string    `json:"event"`
}

const deliveriesBack = 72 * time.Hour // GitHub keeps them about three days

// deliveries finds webhooks that never arrived. One that failed once is sent
// again by GitHub; one that failed twice, or may not be sent again, is read.
func (v *visit) deliveries(repo *mark, t task) error {
	return v.delivered("repos/" + repo.Name + "/hooks/" + t.Arg + "/deliveries")
}

// delivered looks through a webhook's list of deliveries, if it changed.
func (v *visit) delivered(at string) error {
	a, err := v.getNew(at + "?per_page=100")
	if err != nil || a.unchanged {
		return hiddenIsFine(err)
	}
	lost, err := v.lost(at, a)
	if err != nil {
		return hiddenIsFine(err)
	}
	maps.DeleteFunc(v.Missed, func(guid, hook string) bool { return hook == at && len(lost[guid]) == 0 })
	for _, guid := range slices.Sorted(maps.Keys(lost)) {
		if err := v.recover(at, guid, lost[guid]); err != nil {
			return err
		}
	}
	v.keep(a)
	return nil
}

// hiddenIsFine lets a refusal pass: who may see webhooks need not be us.
func hiddenIsFine(err error) error {
	if forbidden(err) && !everything(err) {
		return nil
	}
	return err
}

// lost are the deliveries of which no attempt arrived, by guid, the newest
// attempt first.
func (v *visit) lost(at string, a answer) (map[string][]listedDelivery, error) {
	arrived, lost := map[string]bool{}, map[string][]listedDelivery{}
	for {
		list, err := parse[[]listedDelivery](a)
		if err != nil {
			return nil, err
		}
		for _, d := range list {
			arrived[d.GUID] = arrived[d.GUID] || d.StatusCode >= 200 && d.StatusCode < 300
			lost[d.GUID] = append(lost[d.GUID], d)
		}
		if a.cursor == "" || len(list) == 0 || time.Since(list[len(list)-1].DeliveredAt) > deliveriesBack {
			break
		}
		if a, err = v.get(at + "?per_page=100&cursor=" + url.QueryEscape(a.cursor)); err != nil {
			return nil, err
		}
	}
	maps.DeleteFunc(lost, func(guid string, _ []listedDelivery) bool { return arrived[guid] })
	return lost, nil
}

func (v *visit) recover(at, guid string, attempts []listedDelivery) error {
	one := at + "/" + strconv.FormatInt(attempts[0].ID, 10)
	if _, read := v.Missed[guid]; read {
		return nil
	}
	if len(attempts) == 1 {
		if again, err := v.redeliver(one); again || err != nil {
			return err
		}
	}
	return v.readDelivery(at, one, attempts[0])
}

// readDelivery takes in a delivery that never arrived.
func (v *visit) readDelivery(at, one string, d listedDelivery) error {
	a, err := v.get(one)
	if err != nil {
		return hiddenIsFine(err)
	}
	delivery, err := parse[struct {
		Request struct {
			Payload json.RawMessage `json:"payload"`
		} `json:"request"`
	}](a)
	if err != nil {
		return err
	}
	if event, err := decode(v.account, d.Event, delivery.Request.Payload); err == nil && event.Err == nil {
		v.found = append(v.found, event.Batch.Descriptions...)
	}
	watch(&v.Missed, d.GUID, at)
	return nil
}

// redeliver asks GitHub to send a delivery again, and tells whether it will.
func (v *visit) redeliver(one string) (bool, error) {
	request, err := v.api.NewRequest(http.MethodPost, one+"/attempts", nil)
	if err != nil {
		return false, err
	}
	v.asked++
	_, err = v.api.Do(v.ctx, request, nil)
	var accepted *gogithub.AcceptedError
	if errors.As(err, &accepted) {
		return true, nil
	}
	return err == nil, hiddenIsFine(err)
}
