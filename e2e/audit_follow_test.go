//go:build e2e && !kind

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// liveAudit is `taffrail audit --serve`, which follows the cluster until the test ends.
type liveAudit struct {
	*taffrail  // its metrics
	guardrails string
	page       string
}

func serveAudit(t *testing.T, guardrails string) *liveAudit {
	t.Helper()
	binary, err := taffrailBinary()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "guardrails.yaml")
	require.NoError(t, os.WriteFile(file, []byte(guardrails), 0o600))
	addresses := freeAddresses(t, 2)
	var stderr lockedBuffer
	cmd := exec.Command(binary, "audit", "--serve", "--kubeconfig", cluster(t).kubeconfig, "--guardrails", file,
		"--bind-address", addresses[0], "--metrics-bind-address", addresses[1])
	cmd.Stdout, cmd.Stderr = &stderr, &stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		assert.NoError(t, cmd.Wait(), "%s", stderr.String())
	})
	live := &liveAudit{&taffrail{metricsURL: "http://" + addresses[1] + "/metrics"}, file, "http://" + addresses[0]}
	require.Eventually(t, func() bool { _, ready := live.report(t); return ready }, 6*soon, interval)
	return live
}

// report is what is said now, once everything has been evaluated.
func (l *liveAudit) report(t *testing.T) (a audited, ready bool) {
	t.Helper()
	response, err := http.Get(l.page + "/report.json")
	if err != nil {
		return a, false
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return a, false
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&a))
	return a, true
}

func (l *liveAudit) number(t *testing.T, series string) (n float64) {
	t.Helper()
	_, err := fmt.Sscan(l.metric(t, series), &n)
	require.NoError(t, err, series)
	return n
}

// agreesSoon waits until it says what a new look says.
func (l *liveAudit) agreesSoon(t *testing.T) audited {
	t.Helper()
	var now, follows audited
	agree := func() bool {
		now, _ = auditOf(t, "--guardrails", l.guardrails)
		follows, _ = l.report(t)
		return assert.ObjectsAreEqual(now, follows)
	}
	if !assert.Eventually(t, agree, 6*soon, interval) {
		assert.Equal(t, now, follows)
	}
	return follows
}
