//go:build e2e && !kind

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSavedGuardrailsComeBack(t *testing.T) {
	parallel(t)
	serveCluster(t, 1)
	namespace, dir := cluster(t).namespace(t), t.TempDir()
	spec := func(of string) string {
		return cluster(t).kubectl(t, "", "get", of, "-n", namespace, "-o", "jsonpath={.spec.validators}").mustSucceed(t).stdout
	}
	apply(t, noLatest)
	apply(t, exemptionFrom(namespace, "week", 7*day))
	guardrail, exemption := spec("guardrail/no-latest"), spec("exemption/week")
	cluster(t).shell(t, dir, "kubectl get guardrails,exemptions -A -o yaml > guardrails.yaml")

	cluster(t).kubectl(t, "", "delete", "-n", namespace, "exemption", "week").mustSucceed(t)
	apply(t, strings.Replace(noLatest, "image-latest-tag", "readiness-probe", 1))
	require.NotEqual(t, guardrail, spec("guardrail/no-latest"))

	cluster(t).shell(t, dir, documented(t, "operations.md", "sed -E"))
	assert.Equal(t, guardrail, spec("guardrail/no-latest"))
	assert.Equal(t, exemption, spec("exemption/week"))
}

func TestTheNumberOfReplicasIsHandedOver(t *testing.T) {
	parallel(t)
	cluster(t).kubectl(t, install(t), "apply", "--server-side", "-f", "-").mustSucceed(t)
	cluster(t).shell(t, "", documented(t, "install.md", "kubectl apply --server-side --field-manager=hand-over"))
	cluster(t).kubectl(t, install(t, "--autoscaling"), "apply", "--server-side", "-f", "-").mustSucceed(t)
	assert.Equal(t, "2", cluster(t).kubectl(t, "", "get", "deployment", "taffrail", "-n", "taffrail-system", "-o", "jsonpath={.spec.replicas}").stdout)
}
