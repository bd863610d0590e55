//go:build e2e && kind

package e2e

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
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
	namespace := cluster(t).namespace(t)
	cluster(t).kubectl(t, workload(t), "apply", "-n", namespace, "-f", "-").mustSucceed(t)
	cluster(t).kubectl(t, "", "rollout", "status", "-n", namespace, "deployment/web", "--timeout=2m").mustSucceed(t)

	cluster(t).kubectl(t, ownRegistry, "apply", "-f", "-").mustSucceed(t)
	eventually(t, "every replica has the default and own-registry", func() bool {
		return !slices.ContainsFunc(replicas(t), func(pod corev1.Pod) bool {
			guardrails, _ := podMetric(t, pod.Name, "taffrail_guardrails")
			return guardrails != "2"
		})
	})
	cluster(t).kubectl(t, "", "delete", "pods", "-n", namespace, "--all").mustSucceed(t)

	describe := func() result { return cluster(t).kubectl(t, "", "describe", "deployment", "web", "-n", namespace) }
	events := func() result { return cluster(t).kubectl(t, "", "get", "events", "-n", namespace) }
	const why = `image-registry-allowed: spec.containers[0].image`
	eventually(t, "the Deployment says why", func() bool { return says(describe(), why) && says(events(), why) })
	t.Logf("\n%s\n%s", describe(), events())
}

func says(r result, text string) bool { return r.exitCode == 0 && strings.Contains(r.stdout, text) }
