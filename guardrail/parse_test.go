package guardrail

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheDefaultCompiles(t *testing.T) {
	set, err := Compile(Default(), Options{})
	require.NoError(t, err)
	assert.Equal(t, 1, set.Len())
}

func TestCompileListsEveryMistake(t *testing.T) {
	objects, err := Parse("a.yaml", []byte(`
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: a}
spec:
  match:
    namespaceSelector: {matchExpressions: [{key: team, operator: Near, values: [a]}]}
    matchConditions: [{name: x, expression: "objekt == null"}]
  mutators:
  - name: default-resource-request
  - name: default-resource-requests
    params: {cpu: lots}
  validators:
  - name: image-latest
    action: Deny
  - name: image-latest-tag
    action: Block
    enforceFrom: tomorrow
    except: {containers: ["*"]}
    params: {tagz: [a]}
  - name: image-latest-tag
  rules:
  - {name: r, resources: [{apiGroups: [apps], apiVersions: [v1], resources: [deployments], operations: [CREATE]}], expression: "object.spec.replicas"}
---
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: a}
spec: {}
---
apiVersion: taffrail.dev/v1alpha1
kind: Exemption
metadata: {name: e, namespace: shop}
spec: {validators: [host-netwrk, image-latest-tag/, pod-security/hostNetwork], reason: " ", owner: o, expires: soon}
`))
	require.NoError(t, err)
	_, err = Compile(objects, Options{})
	require.Error(t, err)
	for _, want := range []string{
		`Guardrail "a": spec.match.namespaceSelector: Invalid value: "Near" is not a valid label selector operator`,
		`Guardrail "a": spec.match.matchConditions[0].expression: Invalid value: 1:1: undeclared reference to 'objekt'`,
		`Guardrail "a": spec.mutators[0].name: Invalid value: "default-resource-request": must be a name of the catalogue; did you mean "default-resource-requests"?`,
		`Guardrail "a": spec.mutators[1].params.cpu: Invalid value: "lots": must be a quantity`,
		`Guardrail "a": spec.validators[0].name: Invalid value: "image-latest": must be a name of the catalogue; did you mean "image-latest-tag"?`,
		`Guardrail "a": spec.validators[1].action: Unsupported value: "Block": supported values: "Deny", "Warn", "Audit"`,
		`Guardrail "a": spec.validators[1].enforceFrom: Invalid value: "tomorrow": must be a date like "2027-01-15" or an RFC 3339 time`,
		`Guardrail "a": spec.validators[1].except.images: Required value: must name the images`,
		`Guardrail "a": spec.validators[1].except.containers[0]: Invalid value: "*": must be a name, or its beginning followed by *`,
		`Guardrail "a": spec.validators[1].params: Invalid value: unknown field "tagz"; the parameters are: tags`,
		`Guardrail "a": spec.validators[2].name: Duplicate value: "image-latest-tag"`,
		`Guardrail "a": spec.rules[0].expression: Invalid value: must be of type bool, is of type dyn`,
		`Guardrail "a": metadata.name: Duplicate value: "a"`,
		`Exemption "shop/e": spec.validators[0]: Invalid value: "host-netwrk": must be a name of the catalogue`,
		`Exemption "shop/e": spec.validators[1]: Invalid value: "image-latest-tag/": must name a control of image-latest-tag`,
		`Exemption "shop/e": spec.validators[2]: Invalid value: "pod-security/hostNetwork": must name a control of pod-security; ` + "`taffrail explain pod-security` lists them",
		`Exemption "shop/e": spec.reason: Required value: must be set`,
		`Exemption "shop/e": spec.expires: Invalid value: "soon": must be a date like "2027-01-15" or an RFC 3339 time`,
	} {
		require.ErrorContains(t, err, want)
	}
	assert.Len(t, flatten(err), 18, err.Error())
}

func TestNearestName(t *testing.T) {
	names := []string{"image-latest-tag", "pod-security", "readiness-probe"}
	for name, want := range map[string]string{
		"image-latest-tags": "image-latest-tag", "podsecurity": "pod-security", "readyness-probe": "readiness-probe",
		"image-latest": "image-latest-tag", "something-else": "", "": "",
	} {
		assert.Equal(t, want, NearestName(name, names), name)
	}
}

func TestDates(t *testing.T) {
	for text, want := range map[string]string{
		"2027-03-31": "2027-03-31T00:00:00Z", "2027-03-31T12:30:00+02:00": "2027-03-31T12:30:00+02:00",
	} {
		got, err := ParseDate(text)
		require.NoError(t, err)
		assert.Equal(t, want, got.Format("2006-01-02T15:04:05Z07:00"))
	}
	for _, text := range []string{"", "2027-3-31", "31.03.2027", "2027-03-31T12:30:00", "2027-02-30"} {
		_, err := ParseDate(text)
		assert.Error(t, err, text)
	}
}
