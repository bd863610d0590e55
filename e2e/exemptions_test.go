//go:build e2e && !kind

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// exemptionFrom is an Exemption from noLatest that expires after some time.
func exemptionFrom(namespace, name string, expires time.Duration) string {
	return fmt.Sprintf(`
apiVersion: taffrail.dev/v1alpha1
kind: Exemption
metadata: {name: %s, namespace: %s}
spec: {validators: [image-latest-tag], reason: a test, owner: e2e, expires: %q}
`, name, namespace, time.Now().Add(expires).UTC().Format(time.RFC3339))
}

const day = 24 * time.Hour

func TestAnExemptionHoldsInItsNamespace(t *testing.T) {
	parallel(t)
	servers := serveCluster(t, 2)
	apply(t, noLatest)
	mine, other := cluster(t).namespace(t), cluster(t).namespace(t)
	refusedSoon(t, mine, "of no-latest")

	apply(t, exemptionFrom(mine, "month", 30*day))
	takenSoon(t, mine)
	refusedSoon(t, other, "of no-latest")

	// One that expires soon says so at every use; one that has does not hold, and
	// one that would hold for too long is not taken.
	apply(t, exemptionFrom(other, "expired", -time.Minute))
	cluster(t).kubectl(t, exemptionFrom(other, "too-long", 91*day), "apply", "-f", "-").mustFail(t, "must be at most 2160h0m0s after its creation")
	status := func(namespace, name, path string) string {
		return cluster(t).kubectl(t, "", "get", "exemption", name, "-n", namespace, "-o", "jsonpath={.status."+path+"}").stdout
	}
	require.Eventually(t, func() bool {
		return status(other, "expired", `conditions[?(@.type=="Ready")].reason`) == "Expired"
	}, soon, interval)
	refusedSoon(t, other, "of no-latest")
	apply(t, exemptionFrom(other, "week", 7*day))
	takenSoon(t, other, "Warning: image-latest-tag: ", "; exempt until ", " by Exemption week")

	// All that was a dry run, which leaves no trace.
	assert.Equal(t, "False", status(mine, "month", `conditions[?(@.type=="InUse")].status`))
	assert.Empty(t, status(mine, "month", "lastUsed"))
	cluster(t).kubectl(t, `{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: web, image: nginx}]}}`,
		"create", "-n", mine, "-f", "-").mustSucceed(t)
	require.Eventually(t, func() bool { return status(mine, "month", "lastUsed") != "" }, 3*soon, interval, "lastUsed")
	require.Eventually(t, func() bool {
		return status(mine, "month", `conditions[?(@.type=="InUse")].status`) == "True"
	}, 6*soon, interval, "InUse")

	var used []string
	for _, server := range servers {
		used = append(used, server.metric(t, `taffrail_exemptions{state="used"}`))
		assert.Equal(t, "1", server.metric(t, `taffrail_exemptions{state="expired"}`))
		assert.Equal(t, "1", server.metric(t, `taffrail_exemptions{state="expiring"}`))
	}
	assert.Contains(t, used, "1", "the replica that has let it through knows at once")
}

func TestAGuardrailThatAllowsNoExemptions(t *testing.T) {
	parallel(t)
	serveCluster(t, 1)
	namespace := cluster(t).namespace(t)
	apply(t, exemptionFrom(namespace, "month", 30*day))
	apply(t, noLatest)
	takenSoon(t, namespace)
	apply(t, strings.Replace(noLatest, "spec: {", "spec: {exemptions: {allowed: false}, ", 1))
	refusedSoon(t, namespace, "of no-latest")
	apply(t, strings.Replace(noLatest, "spec: {", "spec: {exemptions: {maxDuration: 1000h}, ", 1))
	takenSoon(t, namespace)
	apply(t, strings.Replace(noLatest, "spec: {", "spec: {exemptions: {maxDuration: 24h}, ", 1))
	refusedSoon(t, namespace, "of no-latest")
}

func TestTheLabelOfANamespaceSoftens(t *testing.T) {
	parallel(t)
	serveCluster(t, 1)
	warn, audit, plain := cluster(t).namespace(t, "taffrail.dev/action=warn"), cluster(t).namespace(t, "taffrail.dev/action=audit"), cluster(t).namespace(t)
	apply(t, noLatest)
	refusedSoon(t, warn, "of no-latest")
	apply(t, strings.Replace(noLatest, "spec: {", "spec: {namespaceOverrides: Allowed, ", 1))
	takenSoon(t, warn, "Warning: image-latest-tag: ", "; softened by the label taffrail.dev/action of the Namespace")
	takenSoon(t, audit)
	assert.NotContains(t, tryPod(t, audit).stderr, "Warning")
	refusedSoon(t, plain, "of no-latest")
}
