package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// e2e: TestRulesSeeTheDefaultsInCheckToo holds what rules see to what they see in a cluster.
func TestRulesSeeTheDefaultsOfTheAPI(t *testing.T) {
	const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example.com/web:1.0", resources: {requests: {memory: 1024Mi}}}
`
	for name, test := range map[string]struct{ expression, want string }{
		"a number that is not written":   {"object.spec.replicas <= 5", ""},
		"and that is wrong":              {"object.spec.replicas >= 2", "Deny own: "},
		"a struct that is not written":   {"object.spec.strategy.rollingUpdate.maxUnavailable == '25%'", ""},
		"a field of each container":      {"object.spec.template.spec.containers.all(c, c.imagePullPolicy == 'IfNotPresent')", ""},
		"a quantity in its normal form":  {"object.spec.template.spec.containers.all(c, c.resources.requests.memory == '1Gi')", ""},
		"the namespace it is applied to": {"object.metadata.namespace == 'default'", ""},
	} {
		t.Run(name, func(t *testing.T) {
			out, code := checkRule(t, test.expression, deployment)
			if test.want == "" {
				assert.Zero(t, code, out)
				return
			}
			assert.Equal(t, 1, code, out)
			assert.Contains(t, out, test.want)
		})
	}
}

// A field that only the API server sets has no line: its finding is where the nearest parent is.
func TestAFindingAboutADefaultIsAtItsParent(t *testing.T) {
	dir := t.TempDir()
	guardrails, manifest := filepath.Join(dir, "guardrail.yaml"), filepath.Join(dir, "manifest.yaml")
	require.NoError(t, os.WriteFile(guardrails, []byte(`apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: own}
spec: {validators: [{name: min-replicas}, {name: image-pull-policy}]}
`), 0o600))
	require.NoError(t, os.WriteFile(manifest, []byte(`apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: other
        image: "registry.example.com/other:1.0"
        imagePullPolicy: Always
      - name: web
        image: "registry.example.com/web:1.0"
`), 0o600))
	out, code := checked(t, "--guardrails", guardrails, manifest)
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "manifest.yaml:4:1: Deny min-replicas: deployments.apps \"web\": spec.replicas")
	assert.Contains(t, out, "manifest.yaml:13:9: Deny image-pull-policy: deployments.apps \"web\": spec.template.spec.containers[1].imagePullPolicy")
}

func checkRule(t *testing.T, expression, manifest string) (out string, code int) {
	t.Helper()
	dir := t.TempDir()
	guardrails, file := filepath.Join(dir, "guardrail.yaml"), filepath.Join(dir, "manifest.yaml")
	require.NoError(t, os.WriteFile(guardrails, []byte(`apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: own}
spec:
  rules:
  - name: own
    resources: [{apiGroups: [apps], apiVersions: [v1], resources: [deployments], operations: [CREATE]}]
    message: must be so
    expression: "`+expression+`"
`), 0o600))
	require.NoError(t, os.WriteFile(file, []byte(manifest), 0o600))
	return checked(t, "--guardrails", guardrails, file)
}
