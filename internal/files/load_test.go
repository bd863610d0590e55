package files

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
	write(t, dir, "b.yaml", "a: 1\na: 2\n")
	_, err := Load(dir)
	require.Error(t, err)
	a, b := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "b.yaml")
	assert.Equal(t, a+`, document 1: unknown field "spec.validators[0].acton"
`+a+`, document 1: unknown field "spec.validtors"
`+a+`, document 2: apiVersion: must be taffrail.dev/v1alpha1, is "v1"
`+a+`, document 3: kind: must be Guardrail or Exemption, is "Policy"
`+b+`, document 1: yaml: unmarshal errors: line 2: key "a" already set in map`, err.Error())
}

func TestLoadRefusesWhatEnforcesNothing(t *testing.T) {
	_, err := Load(t.TempDir())
	require.ErrorContains(t, err, "holds no Guardrail, so nothing would be enforced")
	_, err = Load(filepath.Join(t.TempDir(), "missing.yaml"))
	require.ErrorContains(t, err, "missing.yaml: no such file or directory")
}
