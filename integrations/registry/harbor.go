package registry

import (
	"maps"
	"slices"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// harborData is what Harbor tells of, in both of its formats.
type harborData struct {
	Resources []struct {
		Digest string                `json:"digest"`
		Tag    string                `json:"tag"`
		URL    string                `json:"resource_url"`
		Scans  map[string]harborScan `json:"scan_overview"`
	} `json:"resources"`
	Repository struct {
		FullName string `json:"repo_full_name"`
	} `json:"repository"`
}

// harborScan is how one scanner judges an artifact.
type harborScan struct {
	Status   string `json:"scan_status"`
	Severity string `json:"severity"`
	Summary  struct {
		Total   int64            `json:"total"`
		Fixable int64            `json:"fixable"`
		Levels  map[string]int64 `json:"summary"`
	} `json:"summary"`
}

// harborNames are Harbor's words for what happened, of both formats, and ours.
var harborNames = map[string]string{"PUSH_ARTIFACT": pushed, "harbor.artifact.pushed": pushed, "DELETE_ARTIFACT": deleted, "harbor.artifact.deleted": deleted,
	"SCANNING_COMPLETED": scanned, "harbor.scan.completed": scanned}

const (
	pushed  = "image.pushed"
	deleted = "image.deleted"
	scanned = "image.scanned"
)

// harbor reads a post of Harbor.
func (n notification) harbor(a integrations.Account, body []byte) integrations.Event {
	e := integrations.Event{Name: harborNames[n.Type], Body: body}
	data, when := n.Event, time.Time{}
	if n.Occur > 0 {
		when = integrations.Milli(n.Occur * 1000)
	}
	if n.Spec != "" {
		data, when = n.Data, integrations.Moment(n.Time)
		e.ID = integrations.Line(n.From+" "+n.ID, 400)
	}
	if e.Name == "" || data == nil {
		e.Name, e.Ignored = integrations.Line(strings.ToLower("harbor "+n.Type), 60), true
		return e
	}
	e.Poke = e.Name != scanned
	e.Batch.Descriptions = data.describe(a, e.Name, when)
	if len(e.Batch.Descriptions) == 0 {
		e.Err = models.FieldErrorf(models.Unprocessed, "resources", "The post names no image by its digest.")
	}
	return e
}

func (h harborData) describe(a integrations.Account, what string, when time.Time) (out []models.Description) {
	for _, r := range h.Resources {
		host, _, _ := strings.Cut(r.URL, "/")
		p := at(a, host, h.Repository.FullName)
		d, ok := p.image(r.Digest, when)
		if !ok {
			continue
		}
		if what == deleted {
			p.gone(&d)
		} else {
			p.tagged(&d, r.Tag)
		}
		if what == scanned {
			judged(&d, r.Scans)
		}
		out = append(out, d)
	}
	return out
}

// judged puts what a scanner found on an image; of several, the first by name.
func judged(d *models.Description, scans map[string]harborScan) {
	for _, scanner := range slices.Sorted(maps.Keys(scans)) {
		s := scans[scanner]
		if !strings.EqualFold(s.Status, "Success") {
			continue
		}
		integrations.Told(d.Facts, "scan.severity", integrations.Line(s.Severity, 60))
		d.Facts["scan.vulnerabilities"], d.Facts["scan.fixable"] = s.Summary.Total, s.Summary.Fixable
		for level, count := range s.Summary.Levels {
			d.Facts["scan."+strings.ToLower(integrations.Line(level, 30))] = count
		}
		return
	}
}
