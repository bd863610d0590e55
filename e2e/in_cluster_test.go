//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// serveCluster installs what a cluster needs and starts replicas that watch its
// Guardrails. The one that leads installs the webhook configurations.
func serveCluster(t *testing.T, replicas int) []*taffrail {
	t.Helper()
	return serveClusterWith(t, replicas, options{})
}

func serveClusterWith(t *testing.T, replicas int, o options) []*taffrail {
	t.Helper()
	o.managesWebhooks = true
	define(t)
	cluster(t).kubectl(t, "{apiVersion: v1, kind: Namespace, metadata: {name: taffrail-system}}", "apply", "-f", "-").mustSucceed(t)
	cluster(t).tidy(t, func() {
		// At once: one test has thousands.
		cluster(t).kubectl(t, "", "delete", "--raw", "/apis/taffrail.dev/v1alpha1/guardrails").mustSucceed(t)
		for namespace := range strings.FieldsSeq(cluster(t).kubectl(t, "", "get", "namespaces", "-o", "name").stdout) {
			path := "/apis/taffrail.dev/v1alpha1/namespaces/" + strings.TrimPrefix(namespace, "namespace/") + "/exemptions"
			cluster(t).kubectl(t, "", "delete", "--raw", path).mustSucceed(t)
		}
		cluster(t).kubectl(t, "", "delete", "--ignore-not-found", "-n", "taffrail-system", "lease/taffrail-leader").mustSucceed(t)
	})
	var servers []*taffrail
	for range replicas {
		servers = append(servers, startTaffrail(t, o))
	}
	cluster(t).tidy(t, func() {
		// All stop before the configurations go, or a leader would bring them back.
		for _, server := range servers {
			server.kill(t)
		}
		cluster(t).kubectl(t, "", "delete", "--ignore-not-found",
			"mutatingwebhookconfiguration/taffrail", "validatingwebhookconfiguration/taffrail").mustSucceed(t)
	})
	return servers
}

// define applies the definitions.
func define(t *testing.T) {
	t.Helper()
	cluster(t).kubectl(t, "", "apply", "-k", "../deploy/crds").mustSucceed(t)
	definitionsServed(t)
}

// definitionsServed waits until the API server serves the definitions that it has just been given.
func definitionsServed(t *testing.T) {
	t.Helper()
	cluster(t).kubectl(t, "", "wait", "crd", "--for=condition=established", "--timeout=50s",
		"guardrails.taffrail.dev", "exemptions.taffrail.dev").mustSucceed(t)
	var r result
	require.Eventually(t, func() bool {
		r = cluster(t).kubectl(t, "", "get", "guardrails,exemptions", "-A")
		return r.exitCode == 0
	}, 3*soon, interval, "%s", &r)
}

// apply applies a manifest that must be taken.
func apply(t *testing.T, manifest string) {
	t.Helper()
	cluster(t).kubectl(t, manifest, "apply", "-f", "-").mustSucceed(t)
}

// refusedSoon waits until a Pod without a tag is refused with all of want.
func refusedSoon(t *testing.T, namespace string, want ...string) {
	t.Helper()
	var r result
	require.Eventually(t, func() bool {
		r = tryPod(t, namespace)
		for _, text := range want {
			if !strings.Contains(r.stderr, text) {
				return false
			}
		}
		return r.exitCode != 0
	}, soon, interval, "want %q, got %s", want, &r)
}

// takenSoon waits until a Pod without a tag is taken, with all of want among the warnings.
func takenSoon(t *testing.T, namespace string, want ...string) {
	t.Helper()
	var r result
	require.Eventually(t, func() bool {
		r = tryPod(t, namespace)
		for _, text := range want {
			if !strings.Contains(r.stderr, text) {
				return false
			}
		}
		return r.exitCode == 0
	}, soon, interval, "want %q, got %s", want, &r)
}

func tryPod(t *testing.T, namespace string) result {
	t.Helper()
	return cluster(t).kubectl(t, `{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}},
		spec: {containers: [{name: web, image: nginx}]}}`, "create", "--dry-run=server", "-n", namespace, "-f", "-")
}

const noLatest = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: no-latest}
spec: {validators: [{name: image-latest-tag}]}
`
