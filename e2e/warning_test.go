//go:build e2e && !kind

package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAWarnIsAWarningOfKubectl(t *testing.T) {
	parallel(t)
	installWebhooks(t, startTaffrail(t, options{guardrails: `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec:
  mutators: [{name: default-resource-requests}]
  validators: [{name: readiness-probe, action: Warn, params: {withoutPorts: true}}, {name: resource-requests, action: Warn}]
`}))
	namespace := cluster(t).namespace(t)
	r := cluster(t).kubectl(t, fixture(t, "deployment.yaml"), "apply", "-n", namespace, "-f", "-").mustSucceed(t)
	assert.Equal(t, "deployment.apps/web created\n", r.stdout)
	// And none about requests: the template is evaluated as the Pod that it becomes,
	// which the defaults will complete.
	assert.Equal(t, `Warning: readiness-probe: spec.template.spec.containers[0].readinessProbe: Required value: must be set (container "web")`+"\n", r.stderr)
}
