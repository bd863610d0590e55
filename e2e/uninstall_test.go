//go:build e2e && !kind

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serveAsTaffrail starts a server with the rights that deploy/base gives, and no others.
func serveAsTaffrail(t *testing.T) *taffrail {
	t.Helper()
	kubeconfig := asServiceAccount(t, rights...)
	server := startTaffrail(t, options{standalone: true, managesWebhooks: true, flags: []string{"--kubeconfig", kubeconfig}})
	// It has lost its rights by then, and has nothing to drain.
	t.Cleanup(func() { server.kill(t) })
	return server
}

func installations(t *testing.T) string {
	t.Helper()
	return cluster(t).kubectl(t, "", "get", "--ignore-not-found", "-o", "name",
		"mutatingwebhookconfigurations,validatingwebhookconfigurations,clusterroles,clusterrolebindings,crds", "-l", "app.kubernetes.io/name=taffrail").stdout
}

// assertOrder finds the lines in this order, whatever is between them.
func assertOrder(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		_, after, found := strings.Cut("\n"+text, "\n"+line+"\n")
		if !assert.True(t, found, "%q, in this order, in:\n%s", line, text) {
			return
		}
		text = after
	}
}

func TestUninstall(t *testing.T) {
	parallel(t)
	cluster(t).kubectl(t, "", "apply", "--server-side", "-k", "../deploy/base").mustSucceed(t)
	server := serveAsTaffrail(t)
	apply(t, noLatest)
	refusedSoon(t, cluster(t).namespace(t), "of no-latest")

	program(t, "uninstall").mustFail(t, "which cluster? Add `--kubeconfig ~/.kube/config`")
	refused := program(t, "uninstall", "--kubeconfig", cluster(t).kubeconfig).
		mustFail(t, "it would delete 1 Guardrails and 0 Exemptions", "--yes", "--keep-crds")
	assert.Equal(t, 2, refused.exitCode)
	assert.Empty(t, refused.stdout, "nothing was deleted")

	// The leader lives, and tries.
	r := program(t, "uninstall", "--kubeconfig", cluster(t).kubeconfig, "--yes", "--timeout", "1s")
	assert.Equal(t, 1, r.exitCode, "%s", r) // nothing here finishes deleting a Namespace
	r.mustSay(t, "Namespace taffrail-system is still being deleted after 1s", "with it went 1 of kind Guardrail")
	assertOrder(t, r.stdout,
		"deleted ClusterRoleBinding taffrail-webhooks",
		"deleted MutatingWebhookConfiguration taffrail",
		"deleted ValidatingWebhookConfiguration taffrail",
		"deleted Lease taffrail-system/taffrail-leader",
		"deleted Deployment taffrail-system/taffrail",
		"deleted CustomResourceDefinition guardrails.taffrail.dev",
		"deleted ClusterRole taffrail",
		"deleted Namespace taffrail-system")
	assert.Empty(t, installations(t), "and nothing comes back, with the leader alive: %s", server.log())
	takenSoon(t, "default")

	// Once more, and there is nothing but the Namespace that waits.
	again := program(t, "uninstall", "--kubeconfig", cluster(t).kubeconfig, "--timeout", "1s")
	assert.NotContains(t, again.stdout, "ClusterRole")
	assert.NotContains(t, again.stdout, "WebhookConfiguration")
}

// In an emergency, and before `helm uninstall`.
func TestUninstallOfTheWebhooksAlone(t *testing.T) {
	parallel(t)
	cluster(t).kubectl(t, "", "apply", "--server-side", "-k", "../deploy/base").mustSucceed(t)
	serveAsTaffrail(t)
	apply(t, noLatest)
	refusedSoon(t, cluster(t).namespace(t), "of no-latest")
	switchOff := func() result {
		return program(t, "uninstall", "--kubeconfig", cluster(t).kubeconfig, "--webhooks-only").mustSucceed(t)
	}
	switchOff().mustSay(t, "deleted ValidatingWebhookConfiguration taffrail")
	switchOff().mustSay(t, "nothing of Taffrail is in this cluster")
	takenSoon(t, "default")
	cluster(t).kubectl(t, "", "get", "guardrail/no-latest").mustSucceed(t)
	cluster(t).kubectl(t, "", "get", "-n", "taffrail-system", "deployment/taffrail").mustSucceed(t)

	// Applied again, it is in force again, once a replica has been elected.
	cluster(t).kubectl(t, "", "apply", "--server-side", "-k", "../deploy/base").mustSucceed(t)
	require.Eventually(t, func() bool { return tryPod(t, "default").exitCode != 0 }, 6*soon, interval)
}

func TestUninstallOfNothing(t *testing.T) {
	parallel(t)
	program(t, "uninstall", "--kubeconfig", cluster(t).kubeconfig).mustSucceed(t, "nothing of Taffrail is in this cluster")
}
