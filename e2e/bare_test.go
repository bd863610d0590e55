//go:build e2e && !kind

package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// certificate are the flags of a server that is called from this machine. It
// writes its authority to caFile.
func certificate(_ *testing.T, caFile string) []string {
	return []string{"--tls", "self-signed", "--write-ca", caFile}
}

func TestTheAPIServerRestarts(t *testing.T) {
	parallel(t)
	servers := serveCluster(t, 1)
	apply(t, noLatest)
	refusedByAll(t, servers, true)
	namespace := cluster(t).namespace(t)

	cluster(t).killAPIServer(t)
	assert.True(t, servers[0].refuses(t, servers[0].client()), "the last set serves while the API server is away")
	assert.Equal(t, http.StatusOK, servers[0].probe("/readyz"))
	cluster(t).startAPIServer(t)

	refusedSoon(t, namespace, "of no-latest")
	// The watch comes back too.
	cluster(t).kubectl(t, "", "delete", "guardrail", "no-latest").mustSucceed(t)
	require.Eventually(t, func() bool { return !servers[0].refuses(t, servers[0].client()) }, 6*soon, interval)
}

// killAPIServer and startAPIServer are the two halves of a crash: etcd keeps what
// it has, and the address stays.
func (c *controlPlane) killAPIServer(t *testing.T) {
	t.Helper()
	// envtest keeps the process to itself; it is the child of this one.
	children, err := exec.Command("pgrep", "-P", strconv.Itoa(os.Getpid()), "-f", "cert-dir="+c.certificates).Output()
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(children)))
	require.NoError(t, err, "one API server: %s", children)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	require.Eventually(t, func() bool {
		return c.kubectl(t, "", "get", "--raw", "/readyz").exitCode != 0
	}, soon, interval)
}

func (c *controlPlane) startAPIServer(t *testing.T) {
	t.Helper()
	require.NoError(t, c.env.ControlPlane.GetAPIServer().Start())
}
