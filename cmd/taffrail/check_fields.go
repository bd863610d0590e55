package main

import (
	"encoding/json"
	"fmt"

	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// schemaFindings are what of an object is not as its kind says: fields that it does not have, keys
// that are there twice, values of another type. These are taken out of the object, so that the rest
// of it is evaluated all the same.
func (r *checkReport) schemaFindings(fields *builtin.Fields, object *manifest.Object) {
	for _, d := range object.Duplicates {
		r.addSchema(object, d.Line, d.Column, workload.PathAt(d.Pointer), fmt.Sprintf("Duplicate value: must not be there twice: it is in line %d too", d.First))
	}
	var document map[string]any
	if kjson.UnmarshalCaseSensitivePreserveInts(object.Raw, &document) != nil {
		return // to decode it as its kind says what is wrong
	}
	mistakes, cut := fields.Check(object.GroupVersionKind(), document)
	for _, m := range mistakes {
		line, column := object.PositionAt(m.Pointer)
		r.addSchema(object, line, column, m.Path, m.Text)
	}
	if !cut {
		return
	}
	if raw, err := json.Marshal(document); err == nil {
		object.Raw = raw
	}
}

// addSchema adds a finding of the check schema, which is no guardrail's: it is on in `check`, and
// warns.
func (r *checkReport) addSchema(object *manifest.Object, line, column int, path, message string) {
	resource, namespaced := workload.ResourceFor(object.GroupVersionKind())
	namespace := namespaceOf(object, namespaced)
	if object.Kind == "Namespace" {
		namespace = ""
	}
	r.Summary.Warned++
	r.Results = append(r.Results, checkResult{
		File: object.File, Line: line, Column: column,
		Kind: object.Kind, Namespace: namespace, Name: object.Name,
		Validator: builtin.SchemaName, Action: v1alpha1.Warn, Severity: string(validators.Medium),
		Path: printable.Text(path), Message: printable.Text(message), resource: resource.GroupResource().String(),
	})
}
