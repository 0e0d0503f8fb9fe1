package terraform

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"throughline/integrations"
	"throughline/models"
)

const (
	runsPerPage = 50
	askedAtOnce = 25 // runs of one poll; HCP Terraform allows 30 calls a second, of lists 30 a minute
)

// cursor is which runs were told, and in what status.
type cursor struct {
	Of   string            `json:"of"`
	Runs map[string]string `json:"runs,omitempty"` // of the newest page
}

func cursorFor(a integrations.Account, saved string) (c cursor) {
	sum := sha256.Sum256([]byte(a.Get("url") + "\x00" + a.Get("organization") + "\x00" + a.Get("workspaces")))
	of := hex.EncodeToString(sum[:6])
	if json.Unmarshal([]byte(saved), &c) != nil || c.Of != of || c.Runs == nil {
		c = cursor{Of: of, Runs: map[string]string{}}
	}
	return c
}

// resource is a thing of JSON:API, with the attributes of those that are read.
type resource struct {
	ID         string
	Type       string
	Attributes struct {
		Status       string               `json:"status"`
		Message      string               `json:"message"`
		CreatedAt    string               `json:"created-at"`
		Source       string               `json:"source"`
		Stamps       map[string]time.Time `json:"status-timestamps"`
		Name         string               `json:"name"`     // of a workspace
		Username     string               `json:"username"` // of a user
		Additions    *int64               `json:"resource-additions"`
		Changes      int64                `json:"resource-changes"`
		Destructions int64                `json:"resource-destructions"`
		SHA          string               `json:"commit-sha"`
		Branch       string               `json:"branch"`
		CloneURL     string               `json:"clone-url"`
	}
}

// Poll asks for the organization's newest runs, and for those that moved since.
func (s *Source) Poll(ctx context.Context, a integrations.Account, saved string) (batch models.Batch, more bool, err error) {
	server, err := s.server(a)
	if err != nil {
		return batch, false, err
	}
	var page struct{ Data []resource }
	path := fmt.Sprintf("/api/v2/organizations/%s/runs?page%%5Bsize%%5D=%d", url.PathEscape(a.Get("organization")), runsPerPage)
	if err := server.Get(ctx, path, &page); err != nil {
		return batch, false, err
	}
	c, next, asked := cursorFor(a, saved), map[string]string{}, 0
	for _, r := range page.Data {
		if c.Runs[r.ID] == r.Attributes.Status {
			next[r.ID] = r.Attributes.Status
			continue
		}
		if asked++; asked > askedAtOnce {
			more = true
			break
		}
		status, err := tell(ctx, server, a, r, &batch)
		if err != nil {
			return batch, false, err
		}
		next[r.ID] = status
	}
	for id, status := range c.Runs {
		if more && next[id] == "" {
			next[id] = status
		}
	}
	c.Runs = next
	text, _ := json.Marshal(c)
	batch.Cursor, batch.Past = string(text), s.Now().Add(-14*24*time.Hour)
	return batch, more, nil
}

const included = "configuration_version.ingress_attributes,created_by,plan,workspace"

// tell asks for one run with what belongs to it, and returns its status.
func tell(ctx context.Context, server *integrations.Upstream, a integrations.Account, r resource, batch *models.Batch) (string, error) {
	var one struct {
		Data     resource
		Included []resource
	}
	err := server.Get(ctx, "/api/v2/runs/"+url.PathEscape(r.ID)+"?include="+url.QueryEscape(included), &one)
	if integrations.IsAbsent(err) {
		return r.Attributes.Status, nil
	}
	if err != nil {
		return "", err
	}
	if d, ok := describe(server.Base, a, one.Data, one.Included); ok {
		batch.Descriptions = append(batch.Descriptions, d)
	}
	return one.Data.Attributes.Status, nil
}

// describe says what a run is, once its workspace is known.
func describe(base string, a integrations.Account, r resource, all []resource) (models.Description, bool) {
	by := map[string]resource{}
	for _, one := range all {
		by[one.Type] = one
	}
	of := run{ID: r.ID, RunMessage: r.Attributes.Message, CreatedAt: r.Attributes.CreatedAt, CreatedBy: by["users"].Attributes.Username,
		Workspace: by["workspaces"].Attributes.Name, Organization: a.Get("organization")}
	of.URL = fmt.Sprintf("%s/app/%s/%s/runs/%s", base, url.PathEscape(of.Organization), url.PathEscape(of.Workspace), url.PathEscape(of.ID))
	d, ok := of.begin()
	if !ok || !wanted(a, of.Workspace) {
		return d, false
	}
	d.State, d.Raw = state(r.Attributes.Status), integrations.Line(r.Attributes.Status, 60)
	d.At = r.changed()
	d.StateAt = d.At
	if d.State.Terminal() {
		integrations.Told(d.Facts, models.FactEndedAt, d.At)
	}
	integrations.Told(d.Facts, models.FactTrigger, integrations.Line(r.Attributes.Source, 60))
	if p := by["plans"].Attributes; p.Additions != nil {
		d.Facts[models.FactSummary] = fmt.Sprintf("%d to add, %d to change, %d to destroy", *p.Additions, p.Changes, p.Destructions)
	}
	commit := by["ingress-attributes"].Attributes
	integrations.Told(d.Facts, models.FactBranch, integrations.Line(commit.Branch, maxName))
	built(&d, commit.CloneURL, commit.SHA)
	return d, true
}

// changed is when the run last moved.
func (r resource) changed() time.Time {
	at := integrations.Moment(r.Attributes.CreatedAt)
	for _, t := range r.Attributes.Stamps {
		if t.After(at) && t.UTC().Year() <= 9999 {
			at = t.UTC()
		}
	}
	return at
}
