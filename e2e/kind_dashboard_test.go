//go:build e2e && kind

package e2e

import (
	"bufio"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// showsTheDashboard holds that the page comes through a real kubelet, with the rights of a ServiceAccount
// that may read it, and not with those of one that may not.
func showsTheDashboard(t *testing.T) {
	t.Helper()
	for _, account := range []string{"reader", "stranger"} {
		cluster(t).kubectl(t, "", "create", "serviceaccount", "-n", "taffrail-system", account).mustSucceed(t)
	}
	cluster(t).kubectl(t, "", "create", "clusterrolebinding", "audit-reader",
		"--clusterrole=taffrail-audit-viewer", "--serviceaccount=taffrail-system:reader").mustSucceed(t)
	t.Cleanup(func() { cluster(t).kubectl(t, "", "delete", "clusterrolebinding", "audit-reader").mustSucceed(t) })

	assert.Contains(t, throughTheDashboard(t), "would be refused")
	refused := program(t, "dashboard", "--kubeconfig", cluster(t).kubeconfig, "--service-account", "stranger", "--open=false", "--port", "0")
	assert.Equal(t, 2, refused.exitCode)
	assert.Contains(t, refused.stderr, "the token may not read the page")
}

// throughTheDashboard is the page that a browser gets at the address that is printed.
func throughTheDashboard(t *testing.T) (page string) {
	t.Helper()
	binary, err := taffrailBinary()
	require.NoError(t, err)
	dashboard := exec.CommandContext(t.Context(), binary, "dashboard", "--kubeconfig", cluster(t).kubeconfig,
		"--service-account", "reader", "--open=false", "--port", "0")
	dashboard.Cancel = func() error { return dashboard.Process.Signal(os.Interrupt) }
	dashboard.WaitDelay = time.Minute
	out, err := dashboard.StdoutPipe()
	require.NoError(t, err)
	var said lockedBuffer
	dashboard.Stderr = &said
	require.NoError(t, dashboard.Start())
	defer func() {
		_ = dashboard.Cancel()
		_ = dashboard.Wait()
	}()
	address, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, said.String())

	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	browser := &http.Client{Jar: jar, Timeout: time.Minute}
	response, err := browser.Get(strings.TrimSpace(address))
	require.NoError(t, err, said.String())
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, string(body))
	return string(body)
}
