package cloudevents

import (
	"cmp"

	"throughline/models"
)

// cdIncident is a breach: open when it is detected or reported, over when it is
// resolved. One incident has one id.
func cdIncident(c cdEvent) []models.Description {
	d := models.Description{Ref: models.Ref{Kind: models.Breach, Key: "incident/" + c.id}, At: c.at, StateAt: c.at, Raw: c.predicate, Facts: c.custom.texts("metric", "value", "threshold", "model", "version", "severity")}
	switch c.predicate {
	case "detected", "reported":
		d.State = models.Open
	case "resolved":
		d.State = models.Recovered
	default:
		return nil
	}
	said := c.content.text("description")
	if d.State == models.Open { // what is said at the end is not what is wrong
		d.Title = cmp.Or(said, "Incident "+c.id)
		d.Facts["summary"] = said
	}
	d.URL = c.content.web("ticketURI")
	environment := c.content.object("environment").key("id")
	for fact, value := range map[string]string{"environment": environment, "service": c.content.object("service").key("id")} {
		if value != "" {
			d.Facts[fact] = value
		}
	}
	d.Links = c.concerned()
	return []models.Description{d}
}

// concerned leads from an incident to what it is about.
func (c cdEvent) concerned() []models.LinkTo {
	artifact := parsePURL(c.content.text("artifactId"))
	links := models.ImageLinks(models.Mentions, artifact.digest())
	model, version := c.custom.key("model"), c.custom.version("version")
	if model == "" {
		model, version = artifact.model()
	}
	switch {
	case model != "" && version != "":
		links = append(links, models.LinkTo{Relation: models.Mentions, To: models.Ref{Kind: models.ModelVersion, Key: models.VersionKey(model, version)}})
	case model != "":
		links = append(links, models.LinkTo{Relation: models.Mentions, To: models.Ref{Kind: models.Model, Key: model}})
	}
	return links
}
