//go:build deploy

package charts

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// helm runs Helm on the chart, with no cluster and nobody's settings.
func helm(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, wrong bytes.Buffer
	cmd := exec.Command(program(t), args...)
	home := t.TempDir()
	cmd.Env = append(cmd.Environ(), "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home, "KUBECONFIG=")
	cmd.Stdout, cmd.Stderr = &out, &wrong
	err = cmd.Run()
	return out.String(), wrong.String(), err
}

// program is Helm, built once.
var program = func() func(*testing.T) string {
	build := sync.OnceValues(func() ([]byte, error) {
		return exec.Command("go", "tool", "-n", "-modfile=../../hack/tools/helm/go.mod", "helm").Output()
	})
	return func(t *testing.T) string {
		t.Helper()
		file, err := build()
		require.NoError(t, err)
		return strings.TrimSpace(string(file))
	}
}()

func TestTheChartHasNothingThatHelmWouldWarnOf(t *testing.T) {
	for _, flags := range [][]string{
		nil,
		{"--values", "testdata/every-value.yaml"},
	} {
		stdout, stderr, err := helm(t, append([]string{"lint", "--strict", "--quiet", chart, "--namespace", "taffrail-system"}, flags...)...)
		require.NoError(t, err, "%s%s", stdout, stderr)
		assert.NotContains(t, stdout, "WARNING")
	}
}

// What values do that are no choice of `taffrail install`; the choices are
// compared with what that prints.
func TestGoldenEveryValue(t *testing.T) {
	args := []string{"template", "taffrail", chart, "--namespace", "taffrail-system", "--values", "testdata/every-value.yaml"}
	for _, name := range []string{"deployment", "audit-deployment", "first-guardrails", "horizontalpodautoscaler", "networkpolicy", "prometheusrule", "servicemonitor"} {
		stdout, stderr, err := helm(t, append(args, "--show-only", "templates/"+name+".yaml")...)
		require.NoError(t, err, stderr)
		golden(t, filepath.Join("testdata", "every-value", name+".yaml"), stdout)
	}
}

// A wrong value is refused before anything is made, with a message that says where it is.
func TestWrongValuesAreRefused(t *testing.T) {
	for name, test := range map[string]struct{ set, want string }{
		"a value that is not there":       {"replicaCount=3", `at '': additional properties 'replicaCount' not allowed`},
		"a mode that is not there":        {"tls.mode=self-signed", `at '/tls/mode': value must be one of 'managed', 'cert-manager', 'files'`},
		"a word for a number":             {"replicas=two", `at '/replicas': got string, want null or integer`},
		"no replica":                      {"replicas=0", `at '/replicas': minimum: got 0, want 1`},
		"more than the ResourceQuota has": {"autoscaling.maxReplicas=50", `at '/autoscaling/maxReplicas': maximum: got 50, want 19`},
		"an image with its tag":           {"image.repository=registry.example.com/taffrail:v1", `at '/image/repository': 'registry.example.com/taffrail:v1' does not match pattern`},
		"a digest that is none":           {"image.digest=latest", `at '/image/digest': 'latest' does not match pattern '^$|^sha256:[0-9a-f]{64}$'`},
		"a namespace that cannot be":      {"excludeNamespaces={Calico}", `at '/excludeNamespaces/0': 'Calico' does not match pattern`},
		"an address without its range":    {"networkPolicy.apiServerAddresses={192.0.2.10}", `at '/networkPolicy/apiServerAddresses/0': '192.0.2.10' does not match pattern`},
		"all addresses":                   {"networkPolicy.apiServerAddresses={0.0.0.0/0}", `at '/networkPolicy/apiServerAddresses/0': '0.0.0.0/0' does not match pattern`},
		"a name of nobody":                {"clientName=kube-apiserver", "clientName goes with clientCA: without it no client shows a certificate"},
		"traces by gRPC":                  {"tracingEndpoint=collector:4317", `tracingEndpoint "collector:4317": port 4317 is for OTLP over gRPC`},
		"a collector without a port":      {"tracingEndpoint=collector", `at '/tracingEndpoint': 'collector' does not match pattern`},
		"an argument that is none":        {"extraArgs={tls=files}", `at '/extraArgs/0': 'tls=files' does not match pattern '^--[a-z]'`},
		"Pods that nothing selects":       {`podLabels.app\.kubernetes\.io/name=mine`, `invalid propertyName 'app.kubernetes.io/name'`},
	} {
		t.Run(name, func(t *testing.T) {
			_, stderr, err := helm(t, "template", "taffrail", chart, "--namespace", "taffrail-system", "--set", test.set)
			require.Error(t, err)
			assert.Contains(t, stderr, test.want)
		})
	}
}

func TestAnotherNamespaceIsRefused(t *testing.T) {
	_, stderr, err := helm(t, "template", "taffrail", chart, "--namespace", "shop")
	require.Error(t, err)
	assert.Contains(t, stderr, `taffrail is installed in the namespace taffrail-system, not in "shop": add --namespace taffrail-system --create-namespace`)
}

// A hook that is applied like other manifests would take away what has just been installed.
func TestManifestsHaveNoHooks(t *testing.T) {
	stdout, stderr, err := helm(t, "template", "taffrail", chart, "--namespace", "taffrail-system")
	require.NoError(t, err, stderr)
	assert.NotContains(t, stdout, "helm.sh/hook")
}

func TestDefinitionsStayWhereThatIsSaid(t *testing.T) {
	for value, times := range map[string]int{"true": 2, "false": 0} {
		stdout, stderr, err := helm(t, "template", "taffrail", chart, "--namespace", "taffrail-system", "--set", "crds.keep="+value)
		require.NoError(t, err, stderr)
		assert.Equal(t, times, bytes.Count([]byte(stdout), []byte("helm.sh/resource-policy: keep")))
	}
}
