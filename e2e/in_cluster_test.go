//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
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
	cluster.kubectl(t, "{apiVersion: v1, kind: Namespace, metadata: {name: taffrail-system}}", "apply", "-f", "-").mustSucceed(t)
	t.Cleanup(func() {
		// At once: one test has thousands.
		cluster.kubectl(t, "", "delete", "--raw", "/apis/taffrail.dev/v1alpha1/guardrails").mustSucceed(t)
		for namespace := range strings.FieldsSeq(cluster.kubectl(t, "", "get", "namespaces", "-o", "name").stdout) {
			path := "/apis/taffrail.dev/v1alpha1/namespaces/" + strings.TrimPrefix(namespace, "namespace/") + "/exemptions"
			cluster.kubectl(t, "", "delete", "--raw", path).mustSucceed(t)
		}
		cluster.kubectl(t, "", "delete", "--ignore-not-found", "-n", "taffrail-system", "lease/taffrail-leader").mustSucceed(t)
	})
	var servers []*taffrail
	for range replicas {
		servers = append(servers, startTaffrail(t, o))
	}
	t.Cleanup(func() {
		// All stop before the configurations go, or a leader would bring them back.
		for _, server := range servers {
			require.NoError(t, server.stop())
		}
		cluster.kubectl(t, "", "delete", "--ignore-not-found",
			"mutatingwebhookconfiguration/taffrail", "validatingwebhookconfiguration/taffrail").mustSucceed(t)
	})
	return servers
}

// define applies the definitions.
func define(t *testing.T) {
	t.Helper()
	cluster.kubectl(t, "", "apply", "-k", "../deploy/crds").mustSucceed(t)
	definitionsServed(t)
}

// definitionsServed waits until the API server serves the definitions that it has just been given.
func definitionsServed(t *testing.T) {
	t.Helper()
	cluster.kubectl(t, "", "wait", "crd", "--for=condition=established", "--timeout=50s",
		"guardrails.taffrail.dev", "exemptions.taffrail.dev").mustSucceed(t)
	var r result
	require.Eventually(t, func() bool {
		r = cluster.kubectl(t, "", "get", "guardrails,exemptions", "-A")
		return r.exitCode == 0
	}, 3*soon, interval, "%s", &r)
}

// apply applies a manifest that must be taken.
func apply(t *testing.T, manifest string) {
	t.Helper()
	cluster.kubectl(t, manifest, "apply", "-f", "-").mustSucceed(t)
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
	return cluster.kubectl(t, `{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}},
		spec: {containers: [{name: web, image: nginx}]}}`, "create", "--dry-run=server", "-n", namespace, "-f", "-")
}

const noLatest = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: no-latest}
spec: {validators: [{name: image-latest-tag}]}
`

func TestGuardrailsInTheCluster(t *testing.T) {
	servers := serveCluster(t, 1)
	namespace := cluster.namespace(t)
	takenSoon(t, namespace)
	assert.Contains(t, servers[0].log(), "NOTHING IS ENFORCED", "said loudly")
	assert.Equal(t, "0", servers[0].metric(t, "taffrail_guardrails"))

	apply(t, noLatest)
	refusedSoon(t, namespace, "image-latest-tag: spec.containers[0].image", "of no-latest")

	// Its status tells what is in force.
	require.Eventually(t, func() bool {
		r := cluster.kubectl(t, "", "get", "guardrails", "--no-headers")
		return strings.HasPrefix(strings.Join(strings.Fields(r.stdout), " "), "no-latest 1 0 True ")
	}, soon, interval, "kubectl get guardrails")

	// Removing the last one is the emergency exit.
	cluster.kubectl(t, "", "delete", "guardrail", "no-latest").mustSucceed(t)
	takenSoon(t, namespace)
}

func TestMistakesInAGuardrailAreRefusedAtApply(t *testing.T) {
	serveCluster(t, 1)
	apply(t, noLatest) // and with it the webhook
	refusedSoon(t, cluster.namespace(t), "image-latest-tag")
	cluster.kubectl(t, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: wrong}
spec:
  validators:
  - {name: image-latest-tags}
  - {name: pod-security, params: {level: strict}, enforceFrom: tomorrow}
`, "apply", "-f", "-").mustFail(t,
		`The Guardrail "wrong" is invalid:`,
		`spec.validators[0].name: Invalid value: "image-latest-tags": must be a name of the catalogue; did you mean "image-latest-tag"?`,
		`spec.validators[1].enforceFrom: Invalid value: "tomorrow": must be a date like "2027-01-15" or an RFC 3339 time`,
		`spec.validators[1].params.level`)
}

// A Guardrail that was written while nobody looked never takes the good ones
// down.
func TestABadGuardrailIsToldAndTheOthersAreInForce(t *testing.T) {
	define(t)
	apply(t, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: bad}
spec: {validators: [{name: image-latest-tags}]}
`)
	apply(t, noLatest)
	servers := serveCluster(t, 1)
	refusedSoon(t, cluster.namespace(t), "of no-latest")
	assert.Equal(t, "1", servers[0].metric(t, "taffrail_guardrails"))
	assert.Equal(t, "1", servers[0].metric(t, "taffrail_guardrail_load_errors_total"))
	require.Eventually(t, func() bool {
		return strings.Contains(cluster.kubectl(t, "", "get", "guardrail", "bad", "-o", "jsonpath={.status.conditions[0]}").stdout,
			`did you mean \"image-latest-tag\"?`)
	}, soon, interval)
	assert.Contains(t, servers[0].log(), "refused an object; the others are in force")
	// It can still be labelled, and mended.
	cluster.kubectl(t, "", "label", "guardrail", "bad", "a=b").mustSucceed(t)
}

func TestTheWebhookConfigurationsFollowTheGuardrails(t *testing.T) {
	serveCluster(t, 1)
	rules := func() string {
		return cluster.kubectl(t, "", "get", "validatingwebhookconfiguration", "taffrail",
			"-o", "jsonpath={.webhooks[0].rules[*].resources}").stdout
	}
	apply(t, noLatest)
	require.Eventually(t, func() bool { return strings.Contains(rules(), `"deployments"`) }, soon, interval)
	assert.NotContains(t, rules(), `"services"`)

	namespace := cluster.namespace(t)
	external := "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}], externalIPs: [192.0.2.1]}}"
	cluster.kubectl(t, external, "create", "--dry-run=server", "-n", namespace, "-f", "-").mustSucceed(t)
	apply(t, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: services}
spec: {validators: [{name: service-external-ips}]}
`)
	require.Eventually(t, func() bool {
		r := cluster.kubectl(t, external, "create", "--dry-run=server", "-n", namespace, "-f", "-")
		return strings.Contains(r.stderr, "service-external-ips: spec.externalIPs")
	}, soon, interval, "a set that needs a new resource takes effect without a redeploy")

	// What a person changes by hand is put back, and what they add is taken out.
	cluster.kubectl(t, "", "patch", "validatingwebhookconfiguration", "taffrail", "--type=json", "-p",
		`[{"op":"replace","path":"/webhooks/0/failurePolicy","value":"Ignore"},
		  {"op":"add","path":"/webhooks/0/matchConditions/-","value":{"name":"a-hole","expression":"false"}}]`).mustSucceed(t)
	require.Eventually(t, func() bool {
		is := cluster.kubectl(t, "", "get", "validatingwebhookconfiguration", "taffrail", "-o", "jsonpath={.webhooks[0]}").stdout
		return strings.Contains(is, `"failurePolicy":"Fail"`) && !strings.Contains(is, "a-hole")
	}, soon, interval)

	// Deleting it is no way around either; a note that it is somebody else's is.
	cluster.kubectl(t, "", "delete", "validatingwebhookconfiguration", "taffrail").mustSucceed(t)
	require.Eventually(t, func() bool { return strings.Contains(rules(), `"services"`) }, soon, interval)
	cluster.kubectl(t, "", "annotate", "validatingwebhookconfiguration", "taffrail", "taffrail.dev/unmanaged=platform-team").mustSucceed(t)
	cluster.kubectl(t, "", "patch", "validatingwebhookconfiguration", "taffrail", "--type=json", "-p",
		`[{"op":"replace","path":"/webhooks/0/timeoutSeconds","value":7}]`).mustSucceed(t)
	apply(t, strings.Replace(noLatest, "no-latest", "another", 1))
	require.Never(t, func() bool {
		return cluster.kubectl(t, "", "get", "validatingwebhookconfiguration", "taffrail",
			"-o", "jsonpath={.webhooks[0].timeoutSeconds}").stdout != "7"
	}, soon/5, interval)
}
