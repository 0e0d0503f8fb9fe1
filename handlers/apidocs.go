package handlers

import (
	"encoding/json"
	"sort"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"throughline/views"
)

// apiDocs is the OpenAPI document shaped for reading.
func (h *Handlers) apiDocs(c *gin.Context) views.APIDocsPage {
	doc := h.api.OpenAPI()
	groups := map[string][]views.APICall{}
	for path, item := range doc.Paths {
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if o != nil {
				groups[o.Tags[0]] = append(groups[o.Tags[0]], apiCall(doc, path, o))
			}
		}
	}
	p := views.APIDocsPage{Frame: h.frame(c, "API"), About: doc.Info.Description, Base: h.link("")}
	for name, calls := range groups {
		sort.Slice(calls, func(i, j int) bool { return calls[i].Path+calls[i].Method < calls[j].Path+calls[j].Method })
		p.Groups = append(p.Groups, views.APIGroup{Name: name, Calls: calls})
	}
	sort.Slice(p.Groups, func(i, j int) bool { return p.Groups[i].Name < p.Groups[j].Name })
	return p
}

func apiCall(doc *huma.OpenAPI, path string, o *huma.Operation) views.APICall {
	call := views.APICall{ID: o.OperationID, Method: o.Method, Path: path, Summary: o.Summary, Permission: o.Description}
	for _, p := range o.Parameters {
		call.Parameters = append(call.Parameters, views.APIField{Name: p.Name, In: p.In, Required: p.Required, About: p.Description})
	}
	if o.RequestBody != nil {
		for kind, media := range o.RequestBody.Content {
			call.Body, call.BodyKind = outline(doc, media.Schema), kind
		}
	}
	for status, response := range o.Responses {
		if media := response.Content["application/json"]; media != nil && strings.HasPrefix(status, "2") {
			call.Status, call.Answer = status, outline(doc, media.Schema)
		}
	}
	return call
}

// outline is an example of a schema: its fields with their types.
func outline(doc *huma.OpenAPI, s *huma.Schema) string {
	text, _ := json.MarshalIndent(sketch(doc, s, 0), "", "  ")
	return string(text)
}

func sketch(doc *huma.OpenAPI, s *huma.Schema, depth int) any {
	if s == nil || depth > 5 {
		return "…"
	}
	if s.Ref != "" {
		return sketch(doc, doc.Components.Schemas.SchemaFromRef(s.Ref), depth)
	}
	switch s.Type {
	case huma.TypeArray:
		return []any{sketch(doc, s.Items, depth+1)}
	case huma.TypeObject:
		out := map[string]any{}
		for name, property := range s.Properties {
			out[name] = sketch(doc, property, depth+1)
		}
		return out
	}
	if s.Format != "" {
		return s.Format
	}
	return s.Type
}
