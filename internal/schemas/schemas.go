// Package schemas makes the JSON Schemas of what people write, so that an editor completes it and
// shows mistakes while they are typed. Each is made of what reads the file: the definitions of the
// API, the catalogue with its parameters, and the configuration.
package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// draft is the version of JSON Schema that editors know best.
const draft = "http://json-schema.org/draft-07/schema#"

// schema is a JSON Schema, or a part of one.
type schema = map[string]any

// Schema is that of one kind of file.
type Schema struct {
	// Name is the kind, or what the file is called.
	Name string
	// File is what the schema is called in docs/schemas.
	File, Summary string

	build func() schema
}

// All are the schemas that there are.
func All() []Schema {
	return []Schema{
		{"Guardrail", "guardrail.json", "which checks and defaults hold, and for what", guardrailSchema},
		{"Exemption", "exemption.json", "who may break which check, why, and until when", exemptionSchema},
		{"NamespaceKit", "namespacekit.json", "what Namespaces get when they come", kitSchema},
		{"GuardrailTest", "guardrailtest.json", "what Guardrails must do to a request, case by case", testSchema},
		{".taffrail.yaml", "taffrail.json", "what the command line reads in a repository", configSchema},
	}
}

// Find finds the schema of a name.
func Find(name string) (Schema, bool) {
	all := All()
	i := slices.IndexFunc(all, func(s Schema) bool { return s.Name == name })
	if i < 0 {
		return Schema{}, false
	}
	return all[i], true
}

// JSON is the schema as a file.
func (s Schema) JSON() ([]byte, error) {
	document := s.build()
	document["$schema"] = draft
	document["$id"] = "https://taffrail.dev/schemas/" + s.File
	document["title"] = s.Name
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", " ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return nil, fmt.Errorf("writing the schema of %s: %w", s.Name, err)
	}
	return b.Bytes(), nil
}
