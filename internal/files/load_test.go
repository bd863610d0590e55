package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/guardrail"
)

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	file := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
}

const minimal = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: minimal}
spec: {validators: [{name: image-latest-tag}]}
`

func TestLoadReadsDocumentsOfFilesAndDirectories(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.yaml", "# nothing but a comment\n---\n"+minimal+`
---
apiVersion: taffrail.dev/v1alpha1
kind: Exemption
metadata: {name: e, namespace: shop}
spec: {validators: [image-latest-tag], reason: r, owner: o, expires: "2030-01-01"}
`)
	write(t, dir, "team/b.json", `{"apiVersion":"taffrail.dev/v1alpha1","kind":"Guardrail","metadata":{"name":"b"},"spec":{}}`)
	write(t, dir, "..2026_11_20/a.yaml", "a former version that the kubelet keeps")
	write(t, dir, "README.md", "no manifest")

	objects, err := Load(dir)
	require.NoError(t, err)
	assert.Len(t, objects.Guardrails, 2)
	assert.Len(t, objects.Exemptions, 1)

	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(dir, link))
	objects, err = Load(link)
	require.NoError(t, err)
	assert.Len(t, objects.Guardrails, 2)

	objects, err = Load(filepath.Join(dir, "a.yaml"))
	require.NoError(t, err)
	assert.Len(t, objects.Guardrails, 1)
}

func TestLoadListsEveryMistake(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.yaml", `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: a}
spec:
  validtors: []
  validators: [{name: image-latest-tag, acton: Warn}]
---
apiVersion: v1
kind: ConfigMap
---
apiVersion: taffrail.dev/v1alpha1
kind: Policy
`)
	write(t, dir, "b.yaml", "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: b}\nspec: {validators: [{name: bare-pod,\n  action: Warn,\n  action: Deny}]}\n")
	_, err := Load(dir)
	require.Error(t, err)
	a, b := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "b.yaml")
	assert.Equal(t, a+`:7: unknown field "spec.validators[0].acton"; the fields are: name, action, enforceFrom, message, except, params; did you mean "action"?
`+a+`:6: unknown field "spec.validtors"; the fields are: match, mutators, validators, rules, mutations, exemptions, namespaceOverrides; did you mean "validators"?
`+a+`:9: apiVersion: must be taffrail.dev/v1alpha1, is "v1"
`+a+`:13: kind: must be Guardrail, Exemption or NamespaceKit, is "Policy"
`+b+`:6: "action" must not be there twice: it is in line 5 too`, err.Error())
}

// What shows only when all objects are compiled has its file and line, too: of each line of several.
func TestMistakesOfGuardrailsHaveTheirLines(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.yaml", minimal+`---
apiVersion: v1
kind: List
items:
- apiVersion: taffrail.dev/v1alpha1
  kind: Guardrail
  metadata: {name: listed}
  spec:
    validators:
    - name: image-lastest-tag
    - name: resource-limits
      params: {resources: [memry]}
- apiVersion: taffrail.dev/v1alpha1
  kind: Exemption
  metadata: {name: e, namespace: shop}
  spec:
    validators: [image-latest-tag]
    reason: r
    owner: o
    expires: soon
`)
	objects, err := Load(dir)
	require.NoError(t, err)
	_, err = guardrail.Compile(objects, guardrail.Options{})
	require.Error(t, err)
	lines := strings.Split(err.Error(), "\n")
	file := filepath.Join(dir, "a.yaml")
	require.Len(t, lines, 3)
	assert.Contains(t, lines[0], file+`:15: Guardrail "listed": spec.validators[0].name: Invalid value`)
	assert.Contains(t, lines[1], file+`:17: Guardrail "listed": spec.validators[1].params.resources[0]: `)
	assert.Contains(t, lines[2], file+`:25: Exemption "shop/e": spec.expires: Invalid value`)
}

// What `kubectl get guardrails -o yaml` prints is what a cluster has: with status, managedFields and
// all that the API server adds.
func TestLoadReadsWhatKubectlPrints(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "guardrails.yaml", `
apiVersion: v1
items:
- apiVersion: taffrail.dev/v1alpha1
  kind: Guardrail
  metadata:
    annotations: {kubectl.kubernetes.io/last-applied-configuration: "{}"}
    creationTimestamp: "2026-11-20T10:00:00Z"
    generation: 3
    managedFields:
    - apiVersion: taffrail.dev/v1alpha1
      fieldsType: FieldsV1
      fieldsV1:
        f:spec:
          f:validators:
            .: {}
            k:{"name":"image-latest-tag"}: {.: {}, f:name: {}}
      manager: kubectl
      operation: Apply
      time: "2026-11-20T10:00:00Z"
    name: one
    resourceVersion: "4711"
    uid: 6a6b8a4e-0000-0000-0000-000000000000
  spec: {validators: [{name: image-latest-tag}]}
  status:
    conditions: [{lastTransitionTime: "2026-11-20T10:00:00Z", message: in force, observedGeneration: 3, reason: Compiled, status: "True", type: Ready}]
    observedGeneration: 3
    validators: 1
kind: List
metadata: {resourceVersion: ""}
`)
	write(t, dir, "exemptions.json", `{"apiVersion":"taffrail.dev/v1alpha1","kind":"ExemptionList","items":[
{"metadata":{"name":"e","namespace":"shop"},"spec":{"validators":["image-latest-tag"],"reason":"r","owner":"o","expires":"2126-01-01"}}]}`)
	objects, err := Load(dir)
	require.NoError(t, err)
	assert.Len(t, objects.Guardrails, 1)
	assert.Len(t, objects.Exemptions, 1)
}

func TestLoadRefusesWhatEnforcesNothing(t *testing.T) {
	_, err := Load(t.TempDir())
	require.ErrorContains(t, err, "holds no Guardrail, so nothing would be enforced")
	_, err = Load(filepath.Join(t.TempDir(), "missing.yaml"))
	require.ErrorContains(t, err, "missing.yaml: no such file or directory")
}

// A version without quotes is a number, which is shown as it is written.
func TestLoadShowsAVersionAsItIsWritten(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.yaml", `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: a}
spec:
  validators:
  - name: deprecated-api
    params: {targetVersion: 1.30}
`)
	objects, err := Load(dir)
	require.NoError(t, err)
	_, err = guardrail.Compile(objects, guardrail.Options{})
	assert.EqualError(t, err, filepath.Join(dir, "a.yaml")+`:8: Guardrail "a": spec.validators[0].params.targetVersion: must be a string: write "1.30" with quotes`)
}

// A directory that kustomize applies is read as well: kustomization.yaml is no Guardrail.
func TestLoadPassesOverTheFileOfKustomize(t *testing.T) {
	directory := t.TempDir()
	for name, text := range map[string]string{
		"kustomization.yaml": "{apiVersion: kustomize.config.k8s.io/v1beta1, kind: Kustomization, resources: [one.yaml]}",
		"one.yaml":           "{apiVersion: taffrail.dev/v1alpha1, kind: Guardrail, metadata: {name: one}, spec: {validators: [{name: tty-stdin}]}}",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(directory, name), []byte(text), 0o600))
	}
	objects, err := Load(directory)
	require.NoError(t, err)
	assert.Len(t, objects.Guardrails, 1)
}
