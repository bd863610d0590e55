//go:build e2e && !kind

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each rule is broken by every object, and says what it has seen.
const rulesThatTell = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: tell}
spec:
  rules:
  - name: deployment
    resources: [{apiGroups: [apps], apiVersions: [v1], resources: [deployments], operations: [CREATE]}]
    expression: "false"
    messageExpression: >-
      'sees ' + string(object.spec.replicas) + ' ' + object.spec.strategy.type + ' ' + object.spec.strategy.rollingUpdate.maxSurge
      + ' ' + object.metadata.namespace
      + object.spec.template.spec.containers.map(c, ' ' + c.imagePullPolicy + ' ' + c.resources.limits.cpu + ' ' + string(has(c.resources.requests))).join()
  - name: pod
    resources: [{apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE]}]
    expression: "false"
    messageExpression: >-
      'sees ' + object.spec.restartPolicy + object.spec.containers.map(c, ' ' + c.resources.requests.memory + ' ' + string(c.livenessProbe.periodSeconds)
      + ' ' + string(c.livenessProbe.httpGet.port) + ' ' + c.livenessProbe.httpGet.scheme).join()
  - name: service
    resources: [{apiGroups: [""], apiVersions: [v1], resources: [services], operations: [CREATE]}]
    expression: "false"
    messageExpression: >-
      'sees ' + object.spec.type + object.spec.ports.map(p, ' ' + p.protocol + ' ' + string(p.targetPort) + ' ' + string(type(p.targetPort) == int)).join()
  - name: few-replicas
    resources: [{apiGroups: [apps], apiVersions: [v1], resources: [deployments], operations: [CREATE]}]
    expression: object.spec.replicas <= 5
    message: must have at most 5 replicas
`

const withoutDefaults = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: nginx, resources: {limits: {cpu: 0.5}}}
      - {name: proxy, image: "registry.example.com/proxy:1.0", resources: {limits: {cpu: 1000m}}}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: registry.example.com/web:1.0
    resources: {limits: {memory: 1024Mi}}
    livenessProbe: {httpGet: {port: 8080}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: a, port: 80}, {name: b, port: 81, targetPort: http}]}
`

// Rules in CEL see in `taffrail check` what they see in the cluster.
func TestRulesSeeTheDefaultsInCheckToo(t *testing.T) {
	parallel(t)
	installWebhooks(t, startTaffrail(t, options{guardrails: rulesThatTell}))
	namespace := cluster(t).namespace(t)
	refused := cluster(t).kubectl(t, withoutDefaults, "create", "--dry-run=server", "-n", namespace, "-f", "-").mustFail(t, "sees 1 RollingUpdate 25% "+namespace)
	assert.NotContains(t, refused.stderr, "few-replicas")

	dir := t.TempDir()
	guardrails, manifest := filepath.Join(dir, "guardrail.yaml"), filepath.Join(dir, "manifest.yaml")
	require.NoError(t, os.WriteFile(guardrails, []byte(rulesThatTell), 0o600))
	in := strings.ReplaceAll(withoutDefaults, "metadata: {name: web}\n", "metadata: {name: web, namespace: "+namespace+"}\n")
	require.NoError(t, os.WriteFile(manifest, []byte(in), 0o600))
	checked := program(t, "check", "--guardrails", guardrails, "-o", "json", manifest)
	var report struct {
		Results []struct{ Validator, Message string }
	}
	require.NoError(t, json.Unmarshal([]byte(checked.stdout), &report), "%s", checked)
	require.Len(t, report.Results, 3)
	for _, r := range report.Results {
		assert.Contains(t, refused.stderr, r.Validator+": "+r.Message)
	}
}
