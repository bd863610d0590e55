//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const wasSoBefore = "spec.template.spec.containers[0].securityContext.privileged: Forbidden: " +
	`must not be true (container "web", baseline, privileged); it was so before, so it passes`

// A rule that comes after the objects must not keep them from being looked
// after, and must not let them get worse.
func TestAnUpdateIsNotBlockedByWhatWasThereBefore(t *testing.T) {
	namespace := cluster.namespace(t)
	cluster.kubectl(t, fixture(t, "deployment-bad.yaml"), "apply", "-n", namespace, "-f", "-").mustSucceed(t)
	installWebhooks(t, startTaffrail(t, options{}))
	patch := func(patch string, flags ...string) result {
		args := []string{"patch", "-n", namespace, "deployment/web", "-p", patch}
		return cluster.kubectl(t, "", append(args, flags...)...)
	}

	t.Run("metadata", func(t *testing.T) {
		patch(`{"metadata": {"labels": {"team": "shop"}}}`).mustSucceed(t, "Warning: pod-security: "+wasSoBefore)
	})
	t.Run("spec", func(t *testing.T) {
		patch(`{"spec": {"replicas": 3}}`).mustSucceed(t, "Warning: pod-security: "+wasSoBefore)
	})
	t.Run("status", func(t *testing.T) {
		r := patch(`{"status": {"replicas": 3}}`, "--subresource=status").mustSucceed(t)
		assert.Empty(t, r.stderr, "the status is none of our business")
	})
	t.Run("one thing worse", func(t *testing.T) {
		r := patch(`{"spec": {"template": {"spec": {"containers": [
			{"name": "second", "image": "registry.example.com/second:v1", "securityContext": {"privileged": true}}
		]}}}}`).mustFail(t, `deployments.apps "web" breaks 1 rule of default:`)
		refused := strings.SplitAfter(r.stderr, "of default:\n")[1]
		assert.Contains(t, refused, `must not be true (container "second", baseline, privileged)`)
		assert.NotContains(t, refused, `container "web"`, "only what is new is held against it")
	})
	t.Run("one thing better", func(t *testing.T) {
		r := patch(`{"spec": {"template": {"spec": {"containers": [
			{"name": "web", "image": "registry.example.com/web:v1", "securityContext": {"privileged": false}}
		]}}}}`).mustSucceed(t)
		assert.NotContains(t, r.stderr, "privileged")
	})
}
