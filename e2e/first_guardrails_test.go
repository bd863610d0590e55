//go:build e2e && !kind

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The first Guardrails are made once. To delete the last one is an emergency
// exit, whoever leads then.
func TestTheFirstGuardrailsAreMadeOnce(t *testing.T) {
	parallel(t)
	first := filepath.Join(t.TempDir(), "first.yaml")
	require.NoError(t, os.WriteFile(first, []byte(noLatest), 0o600))
	lease := func(path string) string {
		return cluster(t).kubectl(t, "", "get", "-n", "taffrail-system", "lease/taffrail-leader", "-o", "jsonpath={"+path+"}").stdout
	}
	const remembered = `.metadata.annotations.taffrail\.dev/first-guardrails`
	o := options{flags: []string{"--first-guardrails", first}}

	server := serveClusterWith(t, 1, o)[0]
	refusedSoon(t, "default", "of no-latest")
	require.Eventually(t, func() bool { return lease(remembered) != "" }, soon, interval)
	when := lease(remembered)
	renewed := lease(".spec.renewTime")
	require.Eventually(t, func() bool { return lease(".spec.renewTime") != renewed }, soon, interval)
	assert.Equal(t, when, lease(remembered), "the elector keeps it when it renews the Lease")

	cluster(t).kubectl(t, "", "delete", "guardrail", "no-latest").mustSucceed(t)
	takenSoon(t, "default")
	require.NoError(t, server.stop())
	next := startTaffrail(t, options{managesWebhooks: true, flags: o.flags})
	t.Cleanup(func() { require.NoError(t, next.stop()) }) // before the configurations go
	// What the leader does after it has seen to the first Guardrails: a status.
	apply(t, `{apiVersion: taffrail.dev/v1alpha1, kind: Guardrail, metadata: {name: ours}, spec: {validators: [{name: service-external-ips}]}}`)
	require.Eventually(t, func() bool { return conditions(t, "guardrail") != "" }, 2*soon, interval)
	assert.Equal(t, "guardrail.taffrail.dev/ours\n", cluster(t).kubectl(t, "", "get", "guardrails", "-o", "name").mustSucceed(t).stdout)
	assert.Equal(t, when, lease(remembered))
	assert.NotContains(t, next.log(), "made one of the first Guardrails")
}
