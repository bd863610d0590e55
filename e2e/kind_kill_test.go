//go:build e2e && kind

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

// kill9 ends every process of a Pod at once, without a word to it or to
// Kubernetes, as a crash of the machine would: what the kernel does when it runs
// out of memory. It needs the node to be a container of this machine.
func kill9(t *testing.T, pod *corev1.Pod) {
	t.Helper()
	// The names of a Pod's cgroups hold its UID, with - or with _.
	script := `
for process in /proc/[0-9]*; do
  if tr - _ <$process/cgroup 2>/dev/null | grep -q "$1" && tr '\0' ' ' <$process/cmdline | grep -q '^/taffrail '; then
    kill -9 ${process#/proc/} && echo killed
  fi
done`
	out := inNode(t, node(t, pod.Spec.NodeName), "sh", "-c", script, "sh", strings.ReplaceAll(string(pod.UID), "-", "_"))
	require.Contains(t, out, "killed")
}
