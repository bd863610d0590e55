//go:build e2e && kind

package e2e

import (
	"strings"
	"testing"
)

// ownRegistry comes after the workload that it refuses.
const ownRegistry = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: own-registry}
spec:
  validators:
  - name: image-registry-allowed
    params: {allowed: [registry.example.com]}
`

// An application developer sees that their Deployment has no Pods, and looks
// where they always look. docs/refused-pods.md shows what this prints.
func TestADeploymentSaysWhyItHasNoPods(t *testing.T) {
	installed(t)
	namespace := cluster.namespace(t)
	cluster.kubectl(t, workload(t), "apply", "-n", namespace, "-f", "-").mustSucceed(t)
	cluster.kubectl(t, "", "rollout", "status", "-n", namespace, "deployment/web", "--timeout=50s").mustSucceed(t)

	cluster.kubectl(t, ownRegistry, "apply", "-f", "-").mustSucceed(t)
	refusedWithin(t, patience, namespace, "pod-security")
	cluster.kubectl(t, "", "delete", "pods", "-n", namespace, "--all").mustSucceed(t)

	describe := func() result { return cluster.kubectl(t, "", "describe", "deployment", "web", "-n", namespace) }
	events := func() result { return cluster.kubectl(t, "", "get", "events", "-n", namespace) }
	const why = `image-registry-allowed: spec.containers[0].image`
	eventually(t, "the Deployment says why", func() bool { return says(describe(), why) && says(events(), why) })
	t.Logf("\n%s\n%s", describe(), events())
}

func says(r result, text string) bool { return r.exitCode == 0 && strings.Contains(r.stdout, text) }
