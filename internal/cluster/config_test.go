package cluster_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/cluster"
)

const kubeconfig = `
apiVersion: v1
kind: Config
clusters:
- name: c
  cluster: {server: https://cluster.example.com, insecure-skip-tls-verify: true}
users:
- name: u
  user: {tokenFile: token}
contexts:
- name: x
  context: {cluster: c, user: u}
`

func TestConfigOfAKubeconfig(t *testing.T) {
	notInAPod(t)
	file := writeKubeconfig(t, kubeconfig+"current-context: x\n")
	token := filepath.Join(filepath.Dir(file), "token")
	require.NoError(t, os.WriteFile(token, []byte("t"), 0o600))
	config, err := cluster.Config(file, "v1.2.3")
	require.NoError(t, err)
	assert.Equal(t, "https://cluster.example.com", config.Host)
	assert.Equal(t, "t", config.BearerToken)
	assert.Equal(t, token, config.BearerTokenFile, "beside the kubeconfig")
	assert.Equal(t, "taffrail/v1.2.3", config.UserAgent)
	assert.Zero(t, config.Timeout, "a timeout of all requests would end watches")
}

func TestConfigWithoutACluster(t *testing.T) {
	notInAPod(t)
	home := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(home, ".kube"), 0o755))
	file := filepath.Join(home, ".kube", "config")
	require.NoError(t, os.WriteFile(file, []byte(kubeconfig+"current-context: x\n"), 0o600))
	t.Setenv("HOME", home)
	t.Setenv("KUBECONFIG", file)
	t.Setenv("KUBERNETES_MASTER", "https://cluster.example.com")

	config, err := cluster.Config("", "v1.2.3")
	require.ErrorIs(t, err, cluster.ErrNone)
	assert.Nil(t, config)
}

func TestConfigOfABadKubeconfig(t *testing.T) {
	notInAPod(t)
	for name, test := range map[string]struct{ file, says string }{
		"missing":            {filepath.Join(t.TempDir(), "absent"), "no such file"},
		"garbage":            {writeKubeconfig(t, "hello"), "couldn't get version/kind"},
		"empty":              {writeKubeconfig(t, ""), "it names no cluster: set its current-context"},
		"no current context": {writeKubeconfig(t, kubeconfig), "it names no cluster: set its current-context"},
		"no such context":    {writeKubeconfig(t, kubeconfig+"current-context: y\n"), "y"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := cluster.Config(test.file, "v1.2.3")
			require.ErrorContains(t, err, "--kubeconfig "+test.file)
			require.ErrorContains(t, err, test.says)
			require.NotErrorIs(t, err, cluster.ErrNone, "a file that was named must not be passed over")
		})
	}
}

func TestConfigInAPodWithoutAToken(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
	t.Setenv("KUBERNETES_SERVICE_PORT", "443")

	config, err := cluster.Config("", "v1.2.3")
	require.NotErrorIs(t, err, cluster.ErrNone)
	if _, missing := os.Stat("/var/run/secrets/kubernetes.io/serviceaccount/token"); missing != nil {
		require.ErrorContains(t, err, "automountServiceAccountToken")
	} else { // these tests run in a Pod that has one
		require.NoError(t, err)
		assert.Equal(t, "https://10.0.0.1:443", config.Host)
	}

	// An empty kubeconfig is a mistake in a Pod too, and not the Pod's service account.
	_, err = cluster.Config(writeKubeconfig(t, ""), "v1.2.3")
	require.ErrorContains(t, err, "it names no cluster")
}

// Without its token it is a Pod all the same, and must not serve as if there were no cluster.
func TestWhatAPodIs(t *testing.T) {
	for name, test := range map[string]struct {
		host, port string
		want       bool
	}{
		"as the kubelet says":        {"10.0.0.1", "443", true},
		"nothing is said":            {"", "", false},
		"half of it, by somebody":    {"10.0.0.1", "", false},
		"the other half of the same": {"", "443", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("KUBERNETES_SERVICE_HOST", test.host)
			t.Setenv("KUBERNETES_SERVICE_PORT", test.port)
			assert.Equal(t, test.want, cluster.InPod())
		})
	}
}

func notInAPod(t *testing.T) {
	t.Helper()
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
}

func writeKubeconfig(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}
