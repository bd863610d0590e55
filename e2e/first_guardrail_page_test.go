//go:build e2e && !kind

package e2e

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// docs/first-guardrail.md, from step 4 on, as it is read.
func TestTheFirstGuardrailOfTheDocuments(t *testing.T) {
	parallel(t)
	serveCluster(t, 1)
	step := func(start string) { cluster(t).shell(t, "..", documented(t, "first-guardrail.md", start)) }
	bad, err := os.ReadFile("../examples/first-guardrail/bad.yaml")
	require.NoError(t, err)
	dryRun := func() result { return cluster(t).kubectl(t, string(bad), "apply", "--dry-run=server", "-f", "-") }

	step("kubectl apply -f examples/first-guardrail/warn.yaml")
	require.Eventually(t, func() bool {
		r := dryRun()
		return r.exitCode == 0 && strings.Count(r.stderr, "Warning: ") == 3
	}, soon, interval)

	step("kubectl apply -f examples/first-guardrail/guardrail.yaml")
	page, err := os.ReadFile("../docs/first-guardrail.md")
	require.NoError(t, err)
	_, denial, found := strings.Cut(string(page), `denied the request: `)
	require.True(t, found)
	denial, _, _ = strings.Cut(denial, "\n```")
	require.Eventually(t, func() bool { return strings.Contains(dryRun().stderr, denial) }, soon, interval)

	cluster(t).kubectl(t, "", "delete", "deployment", "web", "-n", "shop").mustSucceed(t)
	step("expires=$(date")
	require.Eventually(t, func() bool { return dryRun().exitCode == 0 }, soon, interval)

	step("kubectl delete guardrail first")
	require.Eventually(t, func() bool {
		return dryRun().exitCode == 0 && !strings.Contains(dryRun().stderr, "Warning: ")
	}, soon, interval)
	assert.Empty(t, cluster(t).kubectl(t, "", "get", "guardrails", "-o", "name").stdout)
}
