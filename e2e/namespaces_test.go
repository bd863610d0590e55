//go:build e2e && !kind

package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/rand"
)

const teamA = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: team-a}
spec:
  match:
    namespaceSelector:
      matchLabels: {team: a}
  validators:
  - name: image-latest-tag
`

func TestANamespaceSelectorSeesTheLabelsOfTheCluster(t *testing.T) {
	parallel(t)
	installWebhooks(t, startTaffrail(t, options{guardrails: teamA}))
	latest := func(namespace string) result {
		return cluster(t).kubectl(t, "", "run", "web", "--image=nginx", "-n", namespace, "--dry-run=server")
	}
	a, b := cluster(t).namespace(t, "team=a"), cluster(t).namespace(t, "team=b")
	latest(b).mustSucceed(t)
	latest(a).mustFail(t, "violates 1 check of team-a")

	// A change of the labels is known a moment later.
	cluster(t).kubectl(t, "", "label", "--overwrite", "namespace", a, "team=b").mustSucceed(t)
	cluster(t).kubectl(t, "", "label", "--overwrite", "namespace", b, "team=a").mustSucceed(t)
	require.Eventually(t, func() bool { return latest(a).exitCode == 0 }, soon, interval)
	require.Eventually(t, func() bool { return latest(b).exitCode != 0 }, soon, interval)
	latest(b).mustFail(t, "violates 1 check of team-a")
}

// A Namespace that nobody has heard of yet is no hole.
func TestANewNamespaceIsKnownToItsFirstPod(t *testing.T) {
	parallel(t)
	installWebhooks(t, startTaffrail(t, options{guardrails: teamA}))
	for range 5 {
		manifest := fmt.Sprintf(fixture(t, "namespace-and-pod.yaml"), "e2e-"+rand.String(8))
		cluster(t).kubectl(t, manifest, "create", "-f", "-").mustFail(t, "namespace/", "created", "violates 1 check of team-a")
	}
}
