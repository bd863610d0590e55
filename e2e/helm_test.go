//go:build e2e && !kind

package e2e

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// helm runs Helm as an administrator.
func (c *controlPlane) helm(t *testing.T, args ...string) result {
	t.Helper()
	program, err := exec.Command("go", "tool", "-n", "-modfile=../hack/tools/helm/go.mod", "helm").Output()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), kubectlTimeout)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, strings.TrimSpace(string(program)), append(args, "--namespace", "taffrail-system")...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = []string{"KUBECONFIG=" + c.kubeconfig, "HOME=" + scratch, "PATH=" + os.Getenv("PATH")}
	if err = cmd.Run(); !errors.As(err, new(*exec.ExitError)) {
		require.NoError(t, err)
	}
	return result{
		command: "helm " + strings.Join(args, " "), stdout: stdout.String(), stderr: stderr.String(),
		exitCode: cmd.ProcessState.ExitCode(),
	}
}

const theChart = "../deploy/charts/taffrail"

// lead installs the chart, and starts a replica that may do what its ServiceAccount
// may. It returns when Pods are refused, and all is there that a leader makes.
func lead(t *testing.T) *taffrail {
	t.Helper()
	cluster(t).helm(t, "install", "taffrail", theChart, "--create-namespace").mustSucceed(t, "STATUS: deployed")
	server := startTaffrail(t, options{
		standalone: true, managesWebhooks: true, flags: []string{"--kubeconfig", asServiceAccount(t)},
	})
	t.Cleanup(func() { server.kill(t) })
	apply(t, noLatest)
	refusedSoon(t, cluster(t).namespace(t), "image-latest-tag")
	// Of a serving certificate in memory, as here, there is none.
	cluster(t).kubectl(t, "", "create", "secret", "generic", "taffrail-ca", "-n", "taffrail-system").mustSucceed(t)
	return server
}

// left is what is there of Taffrail.
func left(t *testing.T) []string {
	t.Helper()
	var got result
	require.Eventually(t, func() bool {
		// The API server tells of a definition that is just being deleted for a moment longer than
		// it serves it.
		if got = cluster(t).kubectl(t, "", "api-resources", "--verbs=list,delete", "-o", "name"); got.exitCode != 0 {
			return false
		}
		got = cluster(t).kubectl(t, "", "get", strings.Join(strings.Fields(got.stdout), ","), "-A", "-o", "name")
		return got.exitCode == 0
	}, 3*soon, interval, "%s", &got)
	var found []string
	for object := range strings.Lines(got.stdout) {
		if object = strings.TrimSpace(object); strings.Contains(object, "taffrail") && !strings.HasPrefix(object, "event") {
			found = append(found, object)
		}
	}
	return found
}

var onlyTheNamespace = []string{"namespace/taffrail-system"}

func TestHelmUpgradesAndLeavesNothing(t *testing.T) {
	parallel(t)
	server := lead(t)

	generation := func() string {
		return cluster(t).kubectl(t, "", "get", "validatingwebhookconfiguration", "taffrail", "-o", "jsonpath={.metadata.generation}").mustSucceed(t).stdout
	}
	before := generation()
	// As an older version may have had it.
	cluster(t).kubectl(t, "", "patch", "crd", "guardrails.taffrail.dev", "--type=json", "-p",
		`[{"op": "replace", "path": "/spec/names/shortNames", "value": ["old"]}]`).mustSucceed(t)
	cluster(t).helm(t, "upgrade", "taffrail", theChart, "--set", "highAvailability=true", "--force-conflicts").mustSucceed(t, "STATUS: deployed")
	assert.Equal(t, before, generation(), "Helm has no part in what is the leader's")
	cluster(t).kubectl(t, "", "get", "gr", "no-latest").mustSucceed(t)
	assert.Equal(t, "3", cluster(t).kubectl(t, "", "get", "deployment", "taffrail", "-n", "taffrail-system", "-o", "jsonpath={.spec.replicas}").stdout)

	// The leader lives, and would bring back what is deleted.
	cluster(t).helm(t, "uninstall", "taffrail").mustSucceed(t)
	assert.Equal(t, onlyTheNamespace, left(t))
	namespace := cluster(t).namespace(t)
	tryPod(t, namespace).mustSucceed(t)
	server.kill(t)

	// Once more, and now nobody answers when it goes.
	server = lead(t)
	server.kill(t)
	tryPod(t, namespace).mustFail(t, "failed calling webhook")
	cluster(t).helm(t, "uninstall", "taffrail").mustSucceed(t)
	assert.Equal(t, onlyTheNamespace, left(t))
	tryPod(t, namespace).mustSucceed(t)
}

// The chart's README says what then remains, and how it goes.
func TestHelmUninstallsWithoutHooks(t *testing.T) {
	parallel(t)
	lead(t).kill(t)
	cluster(t).helm(t, "uninstall", "taffrail", "--no-hooks").mustSucceed(t)
	assert.ElementsMatch(t, append([]string{
		"mutatingwebhookconfiguration.admissionregistration.k8s.io/taffrail",
		"validatingwebhookconfiguration.admissionregistration.k8s.io/taffrail",
		"lease.coordination.k8s.io/taffrail-leader",
		"secret/taffrail-ca",
	}, onlyTheNamespace...), left(t))
	cluster(t).kubectl(t, "", "delete", "validatingwebhookconfiguration,mutatingwebhookconfiguration", "taffrail").mustSucceed(t)
	cluster(t).kubectl(t, "", "--namespace", "taffrail-system", "delete", "--ignore-not-found", "secret/taffrail-ca", "lease/taffrail-leader").mustSucceed(t)
	assert.Equal(t, onlyTheNamespace, left(t))
	tryPod(t, cluster(t).namespace(t)).mustSucceed(t)
}

func TestHelmKeepsGuardrailsWhereThatIsSaid(t *testing.T) {
	parallel(t)
	cluster(t).helm(t, "install", "taffrail", theChart, "--create-namespace", "--set", "crds.keep=true").mustSucceed(t)
	definitionsServed(t)
	apply(t, noLatest)
	cluster(t).helm(t, "uninstall", "taffrail").mustSucceed(t, "kept due to the resource policy")
	cluster(t).kubectl(t, "", "get", "guardrail", "no-latest").mustSucceed(t)
	cluster(t).helm(t, "install", "taffrail", theChart, "--set", "crds.keep=true").mustSucceed(t)
}

func TestHelmTakesOverWhatKubectlHasInstalled(t *testing.T) {
	parallel(t)
	cluster(t).kubectl(t, install(t, "--high-availability", "--image=registry.example.com/taffrail:dev"), "apply", "-f", "-").mustSucceed(t)
	definitionsServed(t)
	apply(t, noLatest)
	cluster(t).helm(t, "upgrade", "--install", "taffrail", theChart).mustFail(t, "cannot be imported into the current release")
	cluster(t).helm(t, "upgrade", "--install", "taffrail", theChart, "--take-ownership", "--force-conflicts").mustSucceed(t, "STATUS: deployed")
	assert.Equal(t, "2", cluster(t).kubectl(t, "", "get", "deployment", "taffrail", "-n", "taffrail-system", "-o", "jsonpath={.spec.replicas}").stdout)
	cluster(t).kubectl(t, "", "get", "guardrail", "no-latest").mustSucceed(t)
	cluster(t).helm(t, "uninstall", "taffrail").mustSucceed(t)
	assert.Equal(t, onlyTheNamespace, left(t))
}
