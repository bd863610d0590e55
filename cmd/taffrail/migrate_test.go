package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const bindings = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: few-replicas}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]}
  validations: [{expression: object.spec.replicas <= 5}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: few-replicas}
spec: {policyName: few-replicas, validationActions: [Deny]}
`

const unbound = `
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: copies}
spec:
  rules: [{name: secret, match: {any: [{resources: {kinds: [Namespace]}}]}, generate: {kind: Secret}}]
`

// What is migrated is what `check` takes; the exit code says whether something is left.
func TestMigrate(t *testing.T) {
	t.Chdir(t.TempDir())
	migrated := func(in string, args ...string) (out, notes string, code int) {
		var stdout, stderr bytes.Buffer
		code = run(context.Background(), args, streams{in: strings.NewReader(in), out: &stdout, err: &stderr})
		return stdout.String(), stderr.String(), code
	}

	out, report, code := migrated(bindings, "migrate", "-")
	assert.Zero(t, code)
	assert.Contains(t, out, "kind: Guardrail\n")
	assert.Contains(t, report, "1 rule of 1 policy: 1 exact, 0 nearly, 0 left; 1 Guardrail, 0 Exemptions\n")

	out, _, code = migrated(bindings+unbound, "migrate", "--out", "guardrails", "--report", "json=report.json", "--report", "markdown=report.md", "-")
	assert.Equal(t, 1, code, "something is left")
	assert.Empty(t, out)
	text, err := os.ReadFile("report.json")
	require.NoError(t, err)
	var read struct {
		Policies []struct{ Policy, Outcome, Why string }
		Summary  struct{ Left int }
	}
	require.NoError(t, json.Unmarshal(text, &read))
	assert.Equal(t, 1, read.Summary.Left)
	assert.Equal(t, "it generates objects", read.Policies[1].Why)
	markdown, err := os.ReadFile("report.md")
	require.NoError(t, err)
	assert.Contains(t, string(markdown), "| left | Kyverno `ClusterPolicy copies` | `secret` |")

	_, notes, code := migrated("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 9, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: x}]}}}}",
		"check", "--guardrails", "guardrails", "-o", "concise", "-")
	assert.Equal(t, 1, code, notes)

	_, notes, code = migrated(bindings, "migrate", "--out", "guardrails", "-")
	assert.Equal(t, 2, code)
	assert.Contains(t, notes, "is there already: name an empty directory")
	_, notes, code = migrated("", "migrate", "no-such-file.yaml")
	assert.Equal(t, 2, code)
	assert.Equal(t, "no-such-file.yaml: no such file or directory\n", notes, "and no report of nothing")
	_, notes, code = migrated("", "migrate")
	assert.Equal(t, 2, code)
	assert.Contains(t, notes, "nothing to migrate")
}
