//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

// Whatever is wrong with an object, it can be got rid of.
func TestABadPodCanBeDeleted(t *testing.T) {
	parallel(t)
	namespace := cluster(t).namespace(t)
	cluster(t).kubectl(t, fixture(t, "pod-bad.yaml"), "apply", "-n", namespace, "-f", "-").mustSucceed(t)
	installWebhooks(t, startTaffrail(t, options{}))
	cluster(t).kubectl(t, fixture(t, "pod-bad.yaml"), "create", "-n", cluster(t).namespace(t), "-f", "-").mustFail(t, "violates 2 checks of default")

	cluster(t).kubectl(t, "", "delete", "-n", namespace, "pod/web", "--wait=false").mustSucceed(t)
	require.NotNil(t, get[corev1.Pod](t, namespace, "pod/web").DeletionTimestamp, "the finalizer holds it")
	cluster(t).kubectl(t, "", "patch", "-n", namespace, "pod/web", "--type=merge", "-p", `{"metadata": {"finalizers": null}}`).
		mustSucceed(t, "it was so before, so it passes")
	require.Eventually(t, func() bool { // a kubelet takes its leave first
		return strings.Contains(cluster(t).kubectl(t, "", "get", "-n", namespace, "pod/web").stderr, "NotFound")
	}, 6*soon, interval)
}
