//go:build e2e && !kind

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// With nothing installed, what is there is compared by guardrails of files; with something in
// force, by that.
func TestPlanSaysWhatBecomesDifferentInACluster(t *testing.T) {
	parallel(t)
	namespace := cluster(t).namespace(t)
	deploymentWithPods(t, namespace)
	guardrail := filepath.Join(t.TempDir(), "guardrail.yaml")
	require.NoError(t, os.WriteFile(guardrail, []byte(noLatest), 0o600))
	plan := func(wantExit int, args ...string) (changes []struct {
		Change   string
		Workload struct{ Kind, Namespace, Name string }
		Objects  int
		Findings []struct{ Path string }
	},
	) {
		r := program(t, append(append([]string{"plan"}, args...), "-o", "json", "--kubeconfig", cluster(t).kubeconfig)...)
		require.Equal(t, wantExit, r.exitCode, "%s", r)
		assert.Contains(t, r.stderr, "server https://")
		require.NoError(t, json.Unmarshal([]byte(r.stdout), &struct{ Changes any }{&changes}), "%s", r)
		return changes
	}

	changes := plan(1, "cluster", guardrail)
	require.Len(t, changes, 1)
	assert.Equal(t, "newlyRefused", changes[0].Change)
	assert.Equal(t, "Deployment", changes[0].Workload.Kind)
	assert.Equal(t, namespace, changes[0].Workload.Namespace)
	assert.Equal(t, 3, changes[0].Objects, "the Pods are counted to their workload")
	require.Len(t, changes[0].Findings, 1)
	assert.Equal(t, "spec.template.spec.containers[0].image", changes[0].Findings[0].Path)

	define(t)
	apply(t, noLatest)
	assert.Empty(t, plan(0, "cluster", guardrail), "it is in force already")
	changes = plan(0, "cluster", "none")
	require.Len(t, changes, 1)
	assert.Equal(t, "noLongerRefused", changes[0].Change)

	apply(t, exemptionFrom(namespace, "web", 60*24*time.Hour))
	assert.Empty(t, plan(0, "none", guardrail), "the Exemptions of the cluster count")
}
