package check

import (
	"cmp"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/admission"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// schemaFinding is what of an object is not as its kind says.
type schemaFinding struct {
	line, column           int
	pointer, path, message string
	// name is that of a field which should not be there, whatever its value is.
	name string
}

// schemaFindings finds the fields that a kind does not have, keys that are there twice, and values of
// another type. These are taken out of the object, so that the rest of it is evaluated all the same.
// An object without any is decoded as its kind, where that is known.
func schemaFindings(fields *builtin.Fields, object *manifest.Object) (found []schemaFinding, decoded runtime.Object) {
	for _, d := range object.Duplicates {
		found = append(found, schemaFinding{
			d.Line, d.Column, d.Pointer, workload.PathAt(d.Pointer),
			fmt.Sprintf("Duplicate value: must not be there twice: it is in line %d too", d.First), manifest.Name(d.Pointer),
		})
	}
	if decoded := builtin.Decode(object.GroupVersionKind(), object.Raw); decoded != nil {
		return found, decoded
	}
	var document map[string]any
	if kjson.UnmarshalCaseSensitivePreserveInts(object.Raw, &document) != nil {
		return found, nil // to decode it as its kind says what is wrong
	}
	mistakes, cut := fields.Check(object.GroupVersionKind(), document)
	for _, m := range mistakes {
		line, column := object.PositionAt(m.Pointer)
		found = append(found, schemaFinding{line, column, m.Pointer, m.Path, m.Text, m.Name})
	}
	if !cut {
		return found, nil
	}
	if raw, err := json.Marshal(document); err == nil {
		object.Raw = raw
	}
	return found, nil
}

// addSchema adds what was found, with what follows from it.
func (e *evaluated) addSchema(object *manifest.Object, found []schemaFinding, action v1alpha1.Action, by string) {
	resource, namespaced := workload.ResourceFor(object.GroupVersionKind())
	namespace := admission.Namespace(object, namespaced)
	if object.Kind == "Namespace" {
		namespace = ""
	}
	for _, f := range found {
		result := report.Result{
			File: object.File, Line: f.line, Column: f.column, Kind: object.Kind, Namespace: namespace, Name: object.Name, Guardrail: by,
			Validator: builtin.SchemaName, Action: cmp.Or(action, v1alpha1.Warn), Severity: string(validators.Medium),
			Path: printable.Text(f.path), Message: printable.Text(f.message), Resource: resource.GroupResource().String(),
			Identity: f.pointer, Must: printable.Text(report.MustOf(f.message, "must ")),
		}
		value, _ := object.SpanAt(f.pointer)
		if f.name != "" {
			value = object.NameAt(f.line, f.column, f.name)
		}
		e.quote.mark(&result, object, value)
		e.ignored(&result, object, f.pointer)
		e.Add(result)
	}
}
