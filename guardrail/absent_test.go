package guardrail

import (
	"testing"

	"github.com/stretchr/testify/assert"
	admissionv1 "k8s.io/api/admission/v1"
)

// TestARuleOnDeleteIsToldOfOldObject: by what is found, and when it is written.
func TestARuleOnDeleteIsToldOfOldObject(t *testing.T) {
	on := func(operations, expression, more string) string {
		return withRules(rule("r", "{apiGroups: [''], apiVersions: [v1], resources: [pods], operations: ["+operations+"]}", expression, more))
	}
	const at = `Guardrail "g": spec.rules[0].expression: `
	for name, test := range map[string]struct {
		document string
		advice   []string
		deleted  []string // what is found when a Pod is deleted
	}{
		"object on DELETE": {
			on("DELETE", "object.metadata.name != 'web'", ""),
			[]string{at + "must use oldObject: object is null on DELETE, so the rule fails each time"},
			[]string{"Deny r: must be evaluated, but the rule failed: no such key: metadata; object is null on DELETE: use oldObject"},
		},
		"object on DELETE, in a variable": {
			on("DELETE", "variables.name != 'web'", ", variables: [{name: name, expression: object.metadata.name}]"),
			[]string{at + "must use oldObject: object is null on DELETE, so the rule fails each time"},
			[]string{`Deny r: must be evaluated, but the rule failed: variable "name": no such key: metadata; object is null on DELETE: use oldObject`},
		},
		"object on UPDATE and DELETE": {
			on("UPDATE, DELETE", "object.metadata.name != 'web'", ""),
			[]string{at + "must ask for request.operation first: object is null on DELETE, so the rule fails each time"},
			[]string{"Deny r: must be evaluated, but the rule failed: no such key: metadata; object is null on DELETE: use oldObject"},
		},
		"oldObject on CREATE": {
			on("CREATE", "oldObject.metadata.name != 'web'", ""),
			[]string{at + "must use object: oldObject is null on CREATE, so the rule fails each time"},
			nil,
		},
		"oldObject on DELETE":        {on("DELETE", "oldObject.metadata.name == 'web'", ""), nil, nil},
		"object, where it is there":  {on("UPDATE, DELETE", "object == null || object.metadata.name == 'web'", ""), nil, nil},
		"object, where it is asked":  {on("UPDATE, DELETE", "request.operation == 'DELETE' || object.metadata.name == 'web'", ""), nil, nil},
		"a field that is not there":  {on("DELETE", "oldObject.spec.none == 1", ""), nil, []string{"Deny r: must be evaluated, but the rule failed: no such key: none; guard what may be absent with has()"}},
		"object on CREATE, UPDATE":   {on("CREATE, UPDATE", "object.metadata.name == 'web'", ""), nil, nil},
		"a mistake is told as it is": {on("DELETE", "object.(", ""), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.advice, (*Set)(nil).Advice([]byte(test.document)))
			if len((*Set)(nil).Check([]byte(test.document))) > 0 {
				return
			}
			set := compiled(t, Options{}, test.document)
			assert.Subset(t, set.Warnings(), test.advice)
			assert.Equal(t, test.deleted, evaluated(t, set, request{operation: admissionv1.Delete, old: plainPod}))
		})
	}
}
