//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// documented are the lines of a page from the one that begins with start to the
// end of their block.
func documented(t *testing.T, page, start string) string {
	t.Helper()
	content, err := os.ReadFile("../docs/" + page)
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(content), "\n"+start)
	require.True(t, found, "docs/%s has no line that begins with %q", page, start)
	lines, _, _ := strings.Cut(rest, "\n```")
	return start + lines
}

// shell runs commands in dir as an administrator with kubectl and taffrail
// would, and they must succeed.
func (c *controlPlane) shell(t *testing.T, dir, commands string) {
	t.Helper()
	taffrail, err := taffrailBinary()
	require.NoError(t, err)
	path := strings.Join([]string{c.assets, filepath.Dir(taffrail), os.Getenv("PATH")}, string(filepath.ListSeparator))
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", commands)
	cmd.Dir = dir
	cmd.Env = []string{"KUBECONFIG=" + c.kubeconfig, "HOME=" + scratch, "PATH=" + path}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", commands, out)
}

func TestSavedGuardrailsComeBack(t *testing.T) {
	serveCluster(t, 1)
	namespace, dir := cluster.namespace(t), t.TempDir()
	spec := func(of string) string {
		return cluster.kubectl(t, "", "get", of, "-n", namespace, "-o", "jsonpath={.spec.validators}").mustSucceed(t).stdout
	}
	apply(t, noLatest)
	apply(t, exemptionFrom(namespace, "week", 7*day))
	guardrail, exemption := spec("guardrail/no-latest"), spec("exemption/week")
	cluster.shell(t, dir, "kubectl get guardrails,exemptions -A -o yaml > guardrails.yaml")

	cluster.kubectl(t, "", "delete", "-n", namespace, "exemption", "week").mustSucceed(t)
	apply(t, strings.Replace(noLatest, "image-latest-tag", "readiness-probe", 1))
	require.NotEqual(t, guardrail, spec("guardrail/no-latest"))

	cluster.shell(t, dir, documented(t, "operations.md", "sed -E"))
	assert.Equal(t, guardrail, spec("guardrail/no-latest"))
	assert.Equal(t, exemption, spec("exemption/week"))
}

func TestTheNumberOfReplicasIsHandedOver(t *testing.T) {
	useControlPlaneWithout(t)
	cluster.kubectl(t, install(t), "apply", "--server-side", "-f", "-").mustSucceed(t)
	cluster.shell(t, "", documented(t, "install.md", "kubectl apply --server-side --field-manager=hand-over"))
	cluster.kubectl(t, install(t, "--autoscaling"), "apply", "--server-side", "-f", "-").mustSucceed(t)
	assert.Equal(t, "2", cluster.kubectl(t, "", "get", "deployment", "taffrail", "-n", "taffrail-system", "-o", "jsonpath={.spec.replicas}").stdout)
}
