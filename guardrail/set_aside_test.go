package guardrail

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"
)

// ofANewerVersion is a Guardrail as an older replica meets it: two checks and a default that it
// does not know, a parameter, and a function of CEL.
const ofANewerVersion = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec:
  mutators:
  - name: default-from-the-future
  - name: default-prometheus-annotations
  validators:
  - name: check-from-the-future
    params: {whatever: it takes}
  - name: image-latest-tag
  - name: pod-security
    params: {level: baseline, era: later}
  rules:
  - {name: newer, expression: "future(object)", resources: [{apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE]}]}
`

var notKnownHere = []string{
	`spec.mutators[0].name: Invalid value: "default-from-the-future": must be a name of the catalogue; ` + "`taffrail explain` lists them",
	`spec.validators[0].name: Invalid value: "check-from-the-future": must be a name of the catalogue; ` + "`taffrail explain` lists them",
	`spec.validators[2].params: Invalid value: unknown field "era"; the parameters are: level, version, exclude, controls, defaults, exemptions`,
	`spec.rules[0].expression: Invalid value: 1:7: undeclared reference to 'future'`,
}

func TestWhatAStoredGuardrailNamesAndThisVersionDoesNotKnowTakesNothingElseOutOfForce(t *testing.T) {
	objects, err := Parse("test", []byte(ofANewerVersion))
	require.NoError(t, err)
	compiler := NewCompiler(Options{})
	for range 2 { // compiled, and remembered
		set, report := compiler.Compile(objects)
		outcome := report.Guardrails["g"]
		require.NoError(t, outcome.Err)
		assert.Equal(t, notKnownHere, errorTexts(outcome.SetAside))
		assert.Equal(t, 1, outcome.Validators)
		assert.Equal(t, 1, outcome.Mutators)
		assert.Equal(t, []string{nginxDenied}, evaluated(t, set, request{object: nginxPod}))
	}
}

func TestAGuardrailOfWhichNothingIsKnownIsRefused(t *testing.T) {
	objects, err := Parse("test", []byte(`
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec: {validators: [{name: check-from-the-future}]}
`))
	require.NoError(t, err)
	set, report := NewCompiler(Options{}).Compile(objects)
	require.EqualError(t, report.Guardrails["g"].Err, `Guardrail "g": `+
		`spec.validators[0].name: Invalid value: "check-from-the-future": must be a name of the catalogue; `+"`taffrail explain` lists them")
	assert.Zero(t, set.Len())
}

func TestAMistakeOfAWholeGuardrailIsToldWithThoseOfItsEntries(t *testing.T) {
	objects, err := Parse("test", []byte(ofANewerVersion))
	require.NoError(t, err)
	objects.Guardrails[0].Spec.Validators = append(objects.Guardrails[0].Spec.Validators, objects.Guardrails[0].Spec.Validators[1])
	set, report := NewCompiler(Options{}).Compile(objects)
	want := []string{`Guardrail "g": spec.validators[3].name: Duplicate value: "image-latest-tag"`}
	for _, mistake := range notKnownHere {
		want = append(want, `Guardrail "g": `+mistake)
	}
	assert.Equal(t, want, errorTexts(flatten(report.Guardrails["g"].Err)))
	assert.Empty(t, report.Guardrails["g"].SetAside)
	assert.Zero(t, set.Len())
}

// Who writes it is told, and so is who serves it from a file.
func TestWhatIsNotKnownIsRefusedAtApplyAndInFiles(t *testing.T) {
	objects, err := Parse("test", []byte(ofANewerVersion))
	require.NoError(t, err)
	var want []string
	for _, mistake := range notKnownHere {
		want = append(want, `Guardrail "g": `+mistake)
	}
	_, err = Compile(objects, Options{})
	assert.Equal(t, want, errorTexts(flatten(err)))
	assert.Equal(t, want, errorTexts(compiled(t, Options{}, "").Check([]byte(ofANewerVersion))))
}

func TestAStoredExemptionLetsThroughWhatItNamesBesideWhatIsNotKnown(t *testing.T) {
	objects, err := Parse("test", []byte(`
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec: {validators: [{name: image-latest-tag}]}
---
apiVersion: taffrail.dev/v1alpha1
kind: Exemption
metadata: {name: e, namespace: shop}
spec: {validators: [check-from-the-future, image-latest-tag], reason: r, owner: o, expires: "2026-12-01"}
`))
	require.NoError(t, err)
	now := func() time.Time { return time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC) }
	set, report := NewCompiler(Options{Now: now}).Compile(objects)
	outcome := report.Exemptions[types.NamespacedName{Namespace: "shop", Name: "e"}]
	require.NoError(t, outcome.Err)
	assert.Equal(t, []string{
		`spec.validators[0]: Invalid value: "check-from-the-future": must be a name of the catalogue or of a rule; ` + "`taffrail explain` lists them",
	}, errorTexts(outcome.SetAside))
	assert.Empty(t, evaluated(t, set, request{object: nginxPod}))
}
