//go:build e2e && kind

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The build before this one is installed, and then this one over it, while
// admissions flow. What people wrote with the old is in force with the new.
func TestUpgradeFromThePreviousBuild(t *testing.T) {
	clean(t)
	t.Cleanup(func() { uninstall(t) })
	old := variable(t, "TAFFRAIL_E2E_PREVIOUS")
	manifests := execute(t, old, "install", "--image", variable(t, "TAFFRAIL_E2E_PREVIOUS_IMAGE")).mustSucceed(t).stdout
	cluster.kubectl(t, manifests, "apply", "--server-side", "-f", "-").mustSucceed(t)
	ready(t)
	namespace := cluster.namespace(t)
	cluster.kubectl(t, ownRegistry, "apply", "-f", "-").mustSucceed(t)
	cluster.kubectl(t, strings.ReplaceAll(fixture(t, "exemption.yaml"), "namespace: monitoring", "namespace: "+namespace), "apply", "-f", "-").mustSucceed(t)

	var table results
	failed, why := table.observe(t, "upgrade", func(t *testing.T) {
		manifests := program(t, "install", "--image", image(t)).mustSucceed(t).stdout
		cluster.kubectl(t, manifests, "apply", "--server-side", "-f", "-").mustSucceed(t)
		ready(t)
	})
	table.print()
	assert.Zero(t, failed, "admissions failed: %s", why)
	for _, pod := range replicas(t) {
		assert.Equal(t, image(t), pod.Spec.Containers[0].Image)
	}
	doctor(t)

	// Stored by the old build, served and heeded by the new.
	assert.Contains(t, cluster.kubectl(t, "", "get", "guardrail", "own-registry").mustSucceed(t).stdout, "True")
	cluster.kubectl(t, "", "get", "exemption", "-n", namespace, "-o", "yaml").mustSucceed(t, "node-exporter")
	cluster.kubectl(t, "", "run", "web", "--image=elsewhere.example.com/web:1.0", "--dry-run=server", "-n", namespace).
		mustFail(t, "image-registry-allowed")
}
