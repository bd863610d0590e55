package schemas

import (
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
)

// named is a name of the catalogue, with what may stand beside it.
type named struct {
	name, summary, doc string
	params             schema
}

func guardrailSchema() schema {
	root := definition("crds/taffrail.dev_guardrails.yaml", "Guardrail")
	var checks, defaults []named
	for _, v := range validators.All() {
		checks = append(checks, named{v.Name, v.Summary, v.Doc, parameters(v.New)})
	}
	checks = append(checks, named{guardrail.Schema, builtin.SchemaSummary, "", nothing()})
	for _, m := range mutators.All() {
		defaults = append(defaults, named{m.Name, m.Summary, m.Doc, parameters(m.New)})
	}
	byName(at(root, "spec", "validators"), checks)
	byName(at(root, "spec", "mutators"), defaults)
	return root
}

// at is a part of a schema, by the names of fields.
func at(node schema, fields ...string) schema {
	for _, field := range fields {
		node = node["properties"].(schema)[field].(schema)
	}
	return node
}

// byName has the items of a list take the names of a catalogue, each with its own parameters.
// An if for each name, in place of one list of alternatives, has an editor say what is wrong with a
// parameter, and not that none of a hundred alternatives fits.
func byName(list schema, entries []named) {
	item := list["items"].(schema)
	var names, summaries []string
	var conditions []any
	for _, e := range entries {
		e.params["title"] = "parameters of " + e.name
		names, summaries = append(names, e.name), append(summaries, e.summary)
		conditions = append(conditions, schema{
			"if": schema{"required": []string{"name"}, "properties": schema{"name": schema{"const": e.name}}},
			"then": schema{"properties": schema{
				"name":   schema{"description": e.about()},
				"params": e.params,
			}},
		})
		if required, is := e.params["required"]; is && required != nil {
			then := conditions[len(conditions)-1].(schema)["then"].(schema)
			then["required"] = []string{"params"}
		}
	}
	name := at(item, "name")
	name["enum"], name["enumDescriptions"] = names, summaries
	// An editor shows the first description that it finds, and these say less than those of a name.
	delete(name, "description")
	delete(at(item, "params"), "description")
	item["allOf"] = conditions
}

func (e *named) about() string {
	if e.doc == "" {
		return e.summary
	}
	return e.summary + "\n\n" + e.doc
}

// exemptionSchema suggests the names of checks and of their controls. Any other name may be that of
// a rule.
func exemptionSchema() schema {
	root := definition("crds/taffrail.dev_exemptions.yaml", "Exemption")
	at(root, "spec", "validators")["items"] = checkOrControl()
	return root
}

// checkOrControl is a check, a control of a check, or a rule.
func checkOrControl() schema {
	var names, summaries []string
	for _, v := range validators.All() {
		names, summaries = append(names, v.Name), append(summaries, v.Summary)
		for _, control := range v.Controls {
			names, summaries = append(names, v.Name+"/"+control), append(summaries, "The control "+control+" of "+v.Name+".")
		}
	}
	return schema{"anyOf": []any{
		schema{"enum": names, "enumDescriptions": summaries},
		schema{"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", "description": "The name of a rule."},
	}}
}

// kitSchema has any object for a template: it may be of any kind.
func kitSchema() schema { return definition("components/kits/namespacekits.yaml", "NamespaceKit") }
