//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
)

// While no server answers, nothing unevaluated gets in, and what the cluster needs
// to get well again does.
func TestNoServerAnswers(t *testing.T) {
	parallel(t)
	server := startTaffrail(t, options{})
	installWebhooks(t, server)
	namespace := cluster(t).namespace(t)
	server.kill(t)
	create := func(namespace, name string, flags ...string) result {
		pod := strings.Replace(fixture(t, "pod-bare.yaml"), "name: NAME", "name: "+name, 1)
		return cluster(t).kubectl(t, pod, append([]string{"create", "-n", namespace, "-f", "-"}, flags...)...)
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
		cluster(t).kubectl(t, "", "patch", "-n", namespace, "pod/node", "--subresource=status", "-p", `{"status": {"phase": "Failed"}}`).mustSucceed(t)
		cluster(t).kubectl(t, "", "delete", "-n", namespace, "pod/node").mustSucceed(t)
	})
	t.Run("mutation fails open", func(t *testing.T) {
		cluster(t).kubectl(t, "", "delete", "validatingwebhookconfiguration/taffrail").mustSucceed(t)
		waitMarker(t, markerValidating, false)
		waitMarker(t, markerMutating, true) // it is still called, in vain
		create(namespace, "open").mustSucceed(t)
		assert.Empty(t, get[corev1.Pod](t, namespace, "pod/open").Spec.Containers[0].Resources.Requests)
	})
}
