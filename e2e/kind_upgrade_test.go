//go:build e2e && kind

package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// previous installs the build before this one, with which people write what their cluster needs.
func previous(t *testing.T) {
	t.Helper()
	manifests := execute(t, variable(t, "TAFFRAIL_E2E_PREVIOUS"), "install", "--high-availability",
		"--image", variable(t, "TAFFRAIL_E2E_PREVIOUS_IMAGE")).mustSucceed(t).stdout
	cluster(t).kubectl(t, manifests, "apply", "--server-side", "-f", "-").mustSucceed(t)
	ready(t)
	cluster(t).kubectl(t, ownRegistry, "apply", "-f", "-").mustSucceed(t)
	eventually(t, "a Guardrail is in force", func() bool {
		return cluster(t).kubectl(t, "", "run", "web", "--image=elsewhere.example.com/web:1.0", "--dry-run=server").exitCode != 0
	})
	cluster(t).kubectl(t, `
apiVersion: taffrail.dev/v1alpha1
kind: Exemption
metadata: {name: host-metrics, namespace: default}
spec:
  validators: [pod-security/hostNamespaces]
  reason: reads host metrics
  owner: team-observability
  expires: `+time.Now().AddDate(0, 1, 0).Format(`"2006-01-02"`), "apply", "-f", "-").mustSucceed(t)
	t.Cleanup(func() { cluster(t).kubectl(t, "", "delete", "exemption", "--all", "-n", "default").mustSucceed(t) })
}

// upgrade applies what this build prints over it: the definitions too.
func upgrade(t *testing.T) {
	t.Helper()
	manifests := program(t, "install", "--high-availability", "--image", image(t)).mustSucceed(t).stdout
	cluster(t).kubectl(t, manifests, "apply", "--server-side", "-f", "-").mustSucceed(t)
	ready(t)
	for _, pod := range replicas(t) {
		assert.Equal(t, image(t), pod.Spec.Containers[0].Image)
	}
}

// served shows that objects which the former build has stored are served, and in force.
func served(t *testing.T) {
	t.Helper()
	doctor(t)
	assert.Contains(t, cluster(t).kubectl(t, "", "get", "guardrail", "own-registry").mustSucceed(t).stdout, "True")
	cluster(t).kubectl(t, "", "run", "web", "--image=elsewhere.example.com/web:1.0", "--dry-run=server").mustFail(t, "image-registry-allowed")
	cluster(t).kubectl(t, "", "run", "web", "--image=registry.example.com/web:1.0", "--overrides", `{"spec":{"hostNetwork":true}}`,
		"--dry-run=server").mustSucceed(t)
}
