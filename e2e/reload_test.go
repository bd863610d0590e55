//go:build e2e && !kind

package e2e

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const withTwoMistakes = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: mistaken}
spec:
  validators:
  - name: image-latest-tags
  - name: pod-security
    params: {level: lax}
`

func TestGuardrailsAreReloaded(t *testing.T) {
	parallel(t)
	server := startTaffrail(t, options{guardrails: teamA})
	installWebhooks(t, server)
	namespace := cluster(t).namespace(t) // of no team
	latest := func() result {
		return cluster(t).kubectl(t, "", "run", "web", "--image=nginx", "-n", namespace, "--dry-run=server")
	}
	write := func(guardrails string) { // at once: the server must not come upon half a file
		draft := server.guardrailsFile + ".draft"
		require.NoError(t, os.WriteFile(draft, []byte(guardrails), 0o600))
		require.NoError(t, os.Rename(draft, server.guardrailsFile))
	}
	latest().mustSucceed(t)

	write(platformBaseline)
	require.Eventually(t, func() bool { return latest().exitCode != 0 }, soon, interval)
	latest().mustFail(t, "violates 1 check of platform-baseline")

	// What has mistakes is refused with all of them, and what was good goes on.
	write(withTwoMistakes)
	errors := func() string { return server.metric(t, "taffrail_guardrail_load_errors_total") }
	require.Eventually(t, func() bool { return errors() == "1" }, soon, interval)
	assert.Contains(t, server.log(), `did you mean \"image-latest-tag\"?`)
	assert.Contains(t, server.log(), `spec.validators[1].params.level: Unsupported value: \"lax\"`)
	latest().mustFail(t, "violates 1 check of platform-baseline")

	write(teamA)
	require.Eventually(t, func() bool { return latest().exitCode == 0 }, soon, interval)
	assert.Equal(t, "1", errors())
}
