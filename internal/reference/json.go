package reference

import (
	"encoding/json"
	"io"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
)

// entry is a page for machines.
type entry struct {
	Name       string      `json:"name"`
	List       string      `json:"list"` // of a Guardrail: validators or mutators
	Summary    string      `json:"summary"`
	Doc        string      `json:"doc"`
	Severity   string      `json:"severity,omitempty"`
	BuiltIn    string      `json:"builtIn"`
	Looks      []resource  `json:"resources,omitempty"`
	Controls   []string    `json:"controls,omitempty"`
	Parameters []parameter `json:"parameters"`
	References []reference `json:"references"`
}

type resource struct {
	Group        string                  `json:"group"`
	Resource     string                  `json:"resource"`
	Subresources []string                `json:"subresources,omitempty"`
	Operations   []admissionv1.Operation `json:"operations"`
}

type parameter struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Default string `json:"default,omitempty"`
	Doc     string `json:"doc"`
}

type reference struct {
	Source string `json:"source"`
	ID     string `json:"id"`
}

// WriteJSON writes pages for machines, always as an array.
func WriteJSON(out io.Writer, pages []Page) error {
	entries := make([]entry, len(pages))
	for i := range pages {
		entries[i] = pages[i].entry()
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(entries)
}

func (p *Page) entry() entry {
	e := entry{
		Name: p.Name, List: p.List, Summary: p.Summary, Doc: strings.TrimSpace(p.Doc),
		Severity: string(p.Severity), BuiltIn: p.Action, Controls: p.Controls,
		Parameters: []parameter{}, References: []reference{},
	}
	for _, r := range p.Resources {
		e.Looks = append(e.Looks, resource{r.Group, r.Resource, r.Subresources, r.Operations})
	}
	for _, param := range p.Parameters {
		e.Parameters = append(e.Parameters, parameter(param))
	}
	for _, r := range p.References {
		e.References = append(e.References, reference{string(r.Source), r.ID})
	}
	return e
}
