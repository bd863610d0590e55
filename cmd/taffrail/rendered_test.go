package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/cluster/apitest"
)

func TestCheckSaysWhereToGetHelm(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	code, stdout, stderr := typed("check", "--helm", "charts/web")
	assert.Equal(t, exitUsage, code)
	assert.Empty(t, stdout)
	assert.Equal(t, "taffrail: --helm charts/web: there is no helm on the PATH: install it (https://helm.sh/docs/intro/install), "+
		"or render the chart where it is and pipe it: helm template charts/web | taffrail check -\n", stderr)
}

// What the tests of --helm pretend that Helm prints, Helm prints.
func TestHelmItselfRendersOurChart(t *testing.T) {
	file, err := exec.Command("go", "tool", "-n", "-modfile=../../hack/tools/helm/go.mod", "helm").Output()
	require.NoError(t, err)
	directory, home := t.TempDir(), t.TempDir()
	require.NoError(t, os.Symlink(strings.TrimSpace(string(file)), filepath.Join(directory, "helm")))
	t.Setenv("PATH", directory)
	for _, name := range []string{"HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"} {
		t.Setenv(name, home)
	}
	const chart = "testdata/rendered/web"
	code, stdout, stderr := typed("check", "-o", "concise", "--helm", chart, "-n", "shop", "--set", "address=192.0.2.1")
	assert.Equal(t, exitFailed, code, stderr)
	assert.Contains(t, stdout, chart+`/templates/service.yaml:6:17: Deny service-external-ips: services "web": spec.externalIPs[0]: Invalid value: "192.0.2.1"`)
	assert.Contains(t, stdout, "in 1 object of 1 file")

	code, _, stderr = typed("check", "--helm", chart)
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "--helm "+chart+": helm template has failed:\n  Error: execution error at (web/templates/service.yaml:6:19): which address?\n")
}

// The labels of a Namespace come from the cluster that a flag names, by one list.
func TestCheckReadsTheLabelsOfNamespaces(t *testing.T) {
	server := apitest.New(t, &corev1.Namespace{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: metav1.ObjectMeta{Name: "shop", Labels: map[string]string{"environment": "test"}},
	})
	over := httptest.NewServer(server)
	t.Cleanup(over.Close)
	kubeconfig := filepath.Join(t.TempDir(), "config")
	require.NoError(t, os.WriteFile(kubeconfig, []byte(`{apiVersion: v1, kind: Config, current-context: a,
		contexts: [{name: a, context: {cluster: a}}], clusters: [{name: a, cluster: {server: "`+over.URL+`"}}]}`), 0o600))

	flags := []string{"check", "-o", "concise", "--guardrails", "testdata/rendered/production.yaml", "testdata/rendered/services.yaml"}
	code, stdout, _ := typed(flags...)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stdout, `services "in-shop"`, "what is not known is taken to match")

	_, stdout, stderr := typed(append(flags, "--kubeconfig", kubeconfig, "--namespace-labels", "environment=production")...)
	assert.NotContains(t, stdout, `services "in-shop"`, "the cluster knows the Namespace")
	assert.Contains(t, stdout, `services "elsewhere"`, "it has none that is called so: the flag says what it has")
	assert.Contains(t, stdout, `services "among-the-inputs"`, "it is as the inputs have it")
	assert.True(t, strings.HasPrefix(stderr, "reading the labels of Namespaces from "+over.URL+"\n"), stderr)
	requests := server.Requests(http.MethodGet)
	require.Len(t, requests, 1)
	assert.Equal(t, "/api/v1/namespaces", requests[0].Path)
}
