//go:build e2e && !kind

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGuardrailsInTheCluster(t *testing.T) {
	parallel(t)
	servers := serveCluster(t, 1)
	namespace := cluster(t).namespace(t)
	takenSoon(t, namespace)
	assert.Contains(t, servers[0].log(), "NOTHING IS ENFORCED", "said loudly")
	assert.Equal(t, "0", servers[0].metric(t, "taffrail_guardrails"))

	apply(t, noLatest)
	refusedSoon(t, namespace, "image-latest-tag: spec.containers[0].image", "of no-latest")

	// Its status tells what is in force.
	require.Eventually(t, func() bool {
		r := cluster(t).kubectl(t, "", "get", "guardrails", "--no-headers")
		return strings.HasPrefix(strings.Join(strings.Fields(r.stdout), " "), "no-latest 1 0 True ")
	}, soon, interval, "kubectl get guardrails")

	// Removing the last one is the emergency exit.
	cluster(t).kubectl(t, "", "delete", "guardrail", "no-latest").mustSucceed(t)
	takenSoon(t, namespace)
}

func TestMistakesInAGuardrailAreRefusedAtApply(t *testing.T) {
	parallel(t)
	serveCluster(t, 1)
	apply(t, noLatest) // and with it the webhook
	refusedSoon(t, cluster(t).namespace(t), "image-latest-tag")
	cluster(t).kubectl(t, `
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

// A replica of an older version meets checks that it does not know, in an upgrade or after going
// back.
func TestACheckThatAReplicaDoesNotKnowTakesNothingElseOutOfForce(t *testing.T) {
	parallel(t)
	define(t)
	apply(t, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: newer}
spec: {validators: [{name: check-from-the-future, params: {whatever: it takes}}, {name: image-latest-tag}]}
`)
	servers := serveCluster(t, 1)
	refusedSoon(t, cluster(t).namespace(t), "of newer")
	assert.Equal(t, "1", servers[0].metric(t, "taffrail_guardrails"))
	assert.Equal(t, "1", servers[0].metric(t, "taffrail_guardrail_load_errors_total"))
	require.Eventually(t, func() bool {
		ready := cluster(t).kubectl(t, "", "get", "guardrail", "newer", "-o", "jsonpath={.status.conditions[0]}").stdout
		return strings.Contains(ready, `"status":"False"`) && strings.Contains(ready, `"reason":"PartlyInForce"`) &&
			strings.Contains(ready, `in force in part; NOT ENFORCED: spec.validators[0].name: Invalid value: \"check-from-the-future\"`)
	}, soon, interval)
}

// A Guardrail that was written while nobody looked never takes the good ones down.
func TestABadGuardrailIsToldAndTheOthersAreInForce(t *testing.T) {
	parallel(t)
	define(t)
	apply(t, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: bad}
spec: {validators: [{name: image-latest-tags}]}
`)
	apply(t, noLatest)
	servers := serveCluster(t, 1)
	refusedSoon(t, cluster(t).namespace(t), "of no-latest")
	assert.Equal(t, "1", servers[0].metric(t, "taffrail_guardrails"))
	assert.Equal(t, "1", servers[0].metric(t, "taffrail_guardrail_load_errors_total"))
	require.Eventually(t, func() bool {
		return strings.Contains(cluster(t).kubectl(t, "", "get", "guardrail", "bad", "-o", "jsonpath={.status.conditions[0]}").stdout,
			`did you mean \"image-latest-tag\"?`)
	}, soon, interval)
	assert.Contains(t, servers[0].log(), "refused an object; the others are in force")
	// It can still be labelled, and mended.
	cluster(t).kubectl(t, "", "label", "guardrail", "bad", "a=b").mustSucceed(t)
}

func TestTheWebhookConfigurationsFollowTheGuardrails(t *testing.T) {
	parallel(t)
	serveCluster(t, 1)
	rules := func(group string) string {
		return cluster(t).kubectl(t, "", "get", "validatingwebhookconfiguration", "taffrail",
			"-o", `jsonpath={.webhooks[0].rules[?(@.apiGroups[0]=="`+group+`")].resources}`).stdout
	}
	apply(t, noLatest)
	require.Eventually(t, func() bool { return strings.Contains(rules("apps"), `"deployments"`) }, soon, interval)
	assert.NotContains(t, rules(""), `"services"`)

	namespace := cluster(t).namespace(t)
	external := "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}], externalIPs: [192.0.2.1]}}"
	cluster(t).kubectl(t, external, "create", "--dry-run=server", "-n", namespace, "-f", "-").mustSucceed(t)
	apply(t, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: services}
spec: {validators: [{name: service-external-ips}]}
`)
	require.Eventually(t, func() bool {
		r := cluster(t).kubectl(t, external, "create", "--dry-run=server", "-n", namespace, "-f", "-")
		return strings.Contains(r.stderr, "service-external-ips: spec.externalIPs")
	}, soon, interval, "a set that needs a new resource takes effect without a redeploy")

	// What a person changes by hand is put back, and what they add is taken out.
	cluster(t).kubectl(t, "", "patch", "validatingwebhookconfiguration", "taffrail", "--type=json", "-p",
		`[{"op":"replace","path":"/webhooks/0/failurePolicy","value":"Ignore"},
		  {"op":"add","path":"/webhooks/0/matchConditions/-","value":{"name":"a-hole","expression":"false"}}]`).mustSucceed(t)
	require.Eventually(t, func() bool {
		is := cluster(t).kubectl(t, "", "get", "validatingwebhookconfiguration", "taffrail", "-o", "jsonpath={.webhooks[0]}").stdout
		return strings.Contains(is, `"failurePolicy":"Fail"`) && !strings.Contains(is, "a-hole")
	}, soon, interval)

	// Deleting it is no way around either; a note that it is somebody else's is.
	cluster(t).kubectl(t, "", "delete", "validatingwebhookconfiguration", "taffrail").mustSucceed(t)
	require.Eventually(t, func() bool { return strings.Contains(rules(""), `"services"`) }, soon, interval)
	cluster(t).kubectl(t, "", "annotate", "validatingwebhookconfiguration", "taffrail", "taffrail.dev/unmanaged=platform-team").mustSucceed(t)
	cluster(t).kubectl(t, "", "patch", "validatingwebhookconfiguration", "taffrail", "--type=json", "-p",
		`[{"op":"replace","path":"/webhooks/0/timeoutSeconds","value":7}]`).mustSucceed(t)
	apply(t, strings.Replace(noLatest, "no-latest", "another", 1))
	require.Never(t, func() bool {
		return cluster(t).kubectl(t, "", "get", "validatingwebhookconfiguration", "taffrail",
			"-o", "jsonpath={.webhooks[0].timeoutSeconds}").stdout != "7"
	}, soon/5, interval)
}
