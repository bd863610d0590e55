//go:build e2e

package e2e

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

// While no server answers, nothing unjudged gets in, and what the cluster needs
// to get well again does.
func TestNoServerAnswers(t *testing.T) {
	server := startTaffrail(t, options{})
	installWebhooks(t, server)
	namespace := cluster.namespace(t)
	require.NoError(t, server.stop())
	create := func(namespace, name string, flags ...string) result {
		pod := strings.Replace(fixture(t, "pod-bare.yaml"), "name: NAME", "name: "+name, 1)
		return cluster.kubectl(t, pod, append([]string{"create", "-n", namespace, "-f", "-"}, flags...)...)
	}
	const unanswered = `failed calling webhook "validate.taffrail.dev"`

	t.Run("validation fails closed", func(t *testing.T) {
		create(namespace, "web").mustFail(t, unanswered)
	})
	t.Run("kube-system works", func(t *testing.T) {
		create("kube-system", "web").mustSucceed(t)
	})
	t.Run("the control plane and nodes work", func(t *testing.T) {
		// system:masters is for the permission to create Pods, and makes nobody pass.
		create(namespace, "somebody", "--as=somebody", "--as-group=system:masters").mustFail(t, unanswered)
		create(namespace, "controller", "--as=system:serviceaccount:kube-system:replicaset-controller", "--as-group=system:masters").mustFail(t, unanswered)
		create(namespace, "scheduler", "--as=system:kube-scheduler", "--as-group=system:masters").mustSucceed(t)
		create(namespace, "apiserver", "--as=system:apiserver", "--as-group=system:masters").mustSucceed(t)
		create(namespace, "node", "--as=somebody", "--as-group=system:nodes", "--as-group=system:masters").mustSucceed(t)
	})
	t.Run("what exists can be deleted, and its status told", func(t *testing.T) {
		cluster.kubectl(t, "", "patch", "-n", namespace, "pod/node", "--subresource=status", "-p", `{"status": {"phase": "Failed"}}`).mustSucceed(t)
		cluster.kubectl(t, "", "delete", "-n", namespace, "pod/node").mustSucceed(t)
	})
	t.Run("mutation fails open", func(t *testing.T) {
		cluster.kubectl(t, "", "delete", "validatingwebhookconfiguration/taffrail").mustSucceed(t)
		waitMarker(t, markerValidating, false)
		waitMarker(t, markerMutating, true) // it is still called, in vain
		create(namespace, "open").mustSucceed(t)
		assert.Empty(t, get[corev1.Pod](t, namespace, "pod/open").Spec.Containers[0].Resources.Requests)
	})
}

// Whoever mends an installation changes its rights, and may have to before a
// server answers again.
func TestOwnRightsCanBeMendedWhileNoServerAnswers(t *testing.T) {
	var manifests []string
	for _, file := range append([]string{"namespace.yaml", "rbac-exemption-editor.yaml"}, rights...) {
		content, err := os.ReadFile("../deploy/base/" + file)
		require.NoError(t, err)
		manifests = append(manifests, string(content))
	}
	install := strings.Join(manifests, "\n---\n")
	t.Cleanup(func() {
		cluster.kubectl(t, strings.Join(manifests[1:], "\n---\n"), "delete", "--ignore-not-found", "-f", "-").mustSucceed(t)
	})
	anonymous := func(name string) string {
		return `{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {` + name + `},
			roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view},
			subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: "system:anonymous"}]}`
	}
	create := func(name string) result {
		return cluster.kubectl(t, anonymous(name), "create", "--dry-run=server", "-f", "-")
	}
	server := startTaffrail(t, options{})
	installWebhooks(t, server)

	// While a server answers, a name of ours is no way around.
	create("name: taffrail").mustFail(t, `"vital.taffrail.dev" denied the request`, "rbac-anonymous-subjects")
	create("name: taffrail-system").mustFail(t, `"validate.taffrail.dev" denied the request`, "rbac-anonymous-subjects")
	create("generateName: taffrail-").mustFail(t, `"validate.taffrail.dev" denied the request`, "rbac-anonymous-subjects")
	apply(t, install)

	require.NoError(t, server.stop())
	apply(t, strings.ReplaceAll(install, "app.kubernetes.io/name: taffrail\n", "app.kubernetes.io/name: taffrail\n    e2e: mended\n"))
	const unanswered = `failed calling webhook "validate.taffrail.dev"`
	create("name: taffrail-system").mustFail(t, unanswered)
	create("generateName: taffrail-").mustFail(t, unanswered)
	cluster.kubectl(t, "", "delete", "clusterrolebinding/taffrail-webhooks", "clusterrole/taffrail-webhooks").mustSucceed(t)
	apply(t, install)
}
