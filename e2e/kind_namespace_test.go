//go:build e2e && kind

package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The configurations belong to the Namespace: whoever deletes it, in whatever
// haste, leaves no cluster behind that nobody answers.
func TestTheNamespaceIsDeleted(t *testing.T) {
	installed(t)
	namespace := cluster(t).namespace(t)
	cluster(t).kubectl(t, "", "delete", "namespace", "taffrail-system", "--timeout=2m").mustSucceed(t)
	eventually(t, "Pods can be made again", func() bool {
		return cluster(t).kubectl(t, workload(t), "apply", "-n", namespace, "-f", "-").exitCode == 0
	})
	cluster(t).kubectl(t, "", "rollout", "status", "-n", namespace, "deployment/web", "--timeout=2m").mustSucceed(t)
	assert.NotContains(t, remains(t), "validatingwebhookconfiguration.admissionregistration.k8s.io/taffrail")

	// And what it leaves goes with the command for it.
	uninstall(t)
	assert.Empty(t, remains(t))
}

// Uninstalling needs nobody who answers.
func TestUninstallWithNoPodRunning(t *testing.T) {
	installed(t)
	cluster(t).kubectl(t, "", "scale", "deployment/taffrail", "-n", "taffrail-system", "--replicas=0").mustSucceed(t)
	eventually(t, "no Pod is left", func() bool { return len(replicas(t)) == 0 })
	uninstall(t)
	assert.Empty(t, remains(t))
	unguarded(t)
}
