//go:build e2e

package e2e

import "testing"

const requestsAndBaseline = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: subresources}
spec:
  validators:
  - name: pod-security
    params: {level: baseline}
  - name: resource-requests
`

// What changes a Pod behind the back of an update is evaluated as well.
func TestSubresourcesThatChangeAPodAreEvaluated(t *testing.T) {
	parallel(t)
	installWebhooks(t, startTaffrail(t, options{guardrails: requestsAndBaseline}))
	namespace := cluster(t).namespace(t)
	cluster(t).kubectl(t, fixture(t, "pod.yaml"), "apply", "-n", namespace, "-f", "-").mustSucceed(t)
	patch := func(subresource, spec string) result {
		return cluster(t).kubectl(t, "", "patch", "-n", namespace, "pod/web", "--subresource", subresource, "-p", `{"spec":`+spec+`}`)
	}

	t.Run("ephemeralcontainers", func(t *testing.T) {
		patch("ephemeralcontainers", `{"ephemeralContainers": [
			{"name": "debug", "image": "registry.example.com/debug:v1", "securityContext": {"privileged": true}}
		]}`).mustFail(t, `pods "web" violates 1 check of subresources`,
			`pod-security: spec.ephemeralContainers[0].securityContext.privileged: Forbidden: must not be true (container "debug", baseline, privileged)`)
		patch("ephemeralcontainers", `{"ephemeralContainers": [
			{"name": "debug", "image": "registry.example.com/debug:v1"}
		]}`).mustSucceed(t)
	})

	t.Run("resize", func(t *testing.T) {
		if cluster(t).before(33) {
			patch("resize", `{}`).mustFail(t, "the server could not find the requested resource")
			return
		}
		patch("resize", `{"containers": [{"name": "web", "resources": {"requests": {"cpu": "0"}}}]}`).
			mustFail(t, `pods "web" violates 1 check of subresources`,
				`resource-requests: spec.containers[0].resources.requests[cpu]: Required value: must be set to more than 0 (container "web")`)
		patch("resize", `{"containers": [{"name": "web", "resources": {"requests": {"cpu": "20m"}}}]}`).mustSucceed(t)
	})
}
