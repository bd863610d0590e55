//go:build e2e && !kind

package e2e

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// auditing is a running `taffrail audit --serve`. Its health, its metrics and its end are those of a
// webhook's process.
type auditing struct {
	*taffrail

	page string // https://ADDRESS:PORT, or http:// on a loopback address
}

// startAudit starts `taffrail audit --serve` with the rights of a kubeconfig, and returns once it is
// alive. The page asks who reads, as it does in a cluster, unless local.
func startAudit(t *testing.T, kubeconfig string, local bool, flags ...string) *auditing {
	t.Helper()
	addresses := freeAddresses(t, 3)
	page, scheme := addresses[0], "http://"
	if !local {
		_, port, err := net.SplitHostPort(addresses[0])
		require.NoError(t, err)
		page, scheme = ":"+port, "https://"
	}
	s := &auditing{page: scheme + addresses[0], taffrail: &taffrail{
		metricsURL: "http://" + addresses[1] + "/metrics", healthURL: "http://" + addresses[2], exited: make(chan struct{}),
	}}
	s.start(t, t.TempDir(), append([]string{
		"audit", "--serve", "--kubeconfig", kubeconfig, "--bind-address", page,
		"--metrics-bind-address", addresses[1], "--health-probe-bind-address", addresses[2],
	}, flags...))
	s.waitFor(t, "/healthz")
	return s
}

// evaluated waits until all that may be listed has been evaluated once.
func (s *auditing) evaluated(t *testing.T) *auditing {
	t.Helper()
	s.waitFor(t, "/readyz")
	return s
}

// read is what the page answers somebody with a token, or nobody.
func (s *auditing) read(t *testing.T, path, token string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.page+path, nil)
	require.NoError(t, err)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{
		Timeout: 30 * time.Second,
		// Nobody signs its certificate: `kubectl port-forward` is what leads to it.
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}, //nolint:gosec // see above
	}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(content)
}

// report is what it has found.
func (s *auditing) report(t *testing.T, token string) (a audited) {
	t.Helper()
	status, body := s.read(t, "/report.json", token)
	require.Equal(t, http.StatusOK, status, body)
	require.NoError(t, json.Unmarshal([]byte(body), &a))
	return a
}

// asAudit is a kubeconfig of the ServiceAccount of deploy/components/audit, with the rights there and
// no others.
func asAudit(t *testing.T) string {
	t.Helper()
	cluster(t).kubectl(t, "", "apply", "-f", "../deploy/base/namespace.yaml").mustSucceed(t)
	for _, file := range []string{"serviceaccount.yaml", "rbac.yaml", "rbac-reports.yaml", "rbac-viewer.yaml"} {
		cluster(t).kubectl(t, "", "apply", "-f", "../deploy/components/audit/"+file).mustSucceed(t)
	}
	config, err := clientcmd.LoadFromFile(cluster(t).kubeconfig)
	require.NoError(t, err)
	for name := range config.AuthInfos {
		config.AuthInfos[name] = &api.AuthInfo{Token: tokenOf(t, "taffrail-system", "taffrail-audit")}
	}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, clientcmd.WriteToFile(*config, file))
	return file
}

func tokenOf(t *testing.T, namespace, account string) string {
	t.Helper()
	return strings.TrimSpace(cluster(t).kubectl(t, "", "create", "token", "-n", namespace, account).mustSucceed(t).stdout)
}

// reader is the token of an account that may read the page, if it may.
func reader(t *testing.T, name string, may bool) string {
	t.Helper()
	cluster(t).kubectl(t, "", "create", "serviceaccount", "-n", "default", name).mustSucceed(t)
	if may {
		cluster(t).kubectl(t, "", "create", "clusterrolebinding", name, "--clusterrole=taffrail-audit-viewer", "--serviceaccount=default:"+name).mustSucceed(t)
	}
	return tokenOf(t, "default", name)
}
