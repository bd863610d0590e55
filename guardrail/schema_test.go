package guardrail

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
)

func TestSchemaWarnsUnlessAGuardrailSaysOtherwise(t *testing.T) {
	set, err := Compile(Default(), Options{})
	require.NoError(t, err)
	action, by := set.SchemaAction(t.Context(), serviceIn(t, "shop"))
	assert.Equal(t, v1alpha1.Warn, action)
	assert.Empty(t, by)

	objects, err := Parse("schema", []byte(`
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: audits}
spec: {validators: [{name: schema, action: Audit}]}
---
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: denies}
spec:
  match: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}
  validators: [{name: schema}]
---
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: will-deny}
spec: {validators: [{name: schema, enforceFrom: "2126-01-01"}]}
`))
	require.NoError(t, err)
	set, err = Compile(objects, Options{})
	require.NoError(t, err)
	action, by = set.SchemaAction(t.Context(), serviceIn(t, "shop"))
	assert.Equal(t, v1alpha1.Deny, action)
	assert.Equal(t, "denies", by)
	action, by = set.SchemaAction(t.Context(), serviceIn(t, "bank"))
	assert.Equal(t, v1alpha1.Warn, action)
	assert.Equal(t, "will-deny", by)
	assert.Empty(t, set.Resources(), "no webhook is asked for it")
	assert.Empty(t, set.Coverage(t.Context(), serviceIn(t, "shop")).By, "and it is no evaluation by a guardrail")
}

func TestSchemaTakesAnActionAndNothingElse(t *testing.T) {
	objects, err := Parse("schema", []byte(`
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: a}
spec: {validators: [{name: schema, params: {fields: []}, except: {images: [a]}}]}
`))
	require.NoError(t, err)
	_, err = Compile(objects, Options{})
	require.ErrorContains(t, err, "spec.validators[0].params: Forbidden: must not be set: schema has none")
	require.ErrorContains(t, err, "spec.validators[0].except: Forbidden: must not be set: schema is not about containers")
}
