//go:build e2e && !kind

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestADeploymentTellsWhyItsPodsAreRefused(t *testing.T) {
	parallel(t)
	cluster(t).kubectl(t, unlucky, "apply", "-f", "-").mustSucceed(t)
	pod := unluckyPod(t)
	serveCluster(t, 1)
	apply(t, noLatest)
	refusedSoon(t, "default", "of no-latest")

	create := func(flags ...string) {
		t.Helper()
		cluster(t).kubectl(t, pod, append([]string{
			"create", "-f", "-", "--as=system:serviceaccount:kube-system:replicaset-controller", "--as-group=system:masters",
		}, flags...)...).mustFail(t, "of no-latest")
	}
	create("--dry-run=server")
	create("--dry-run=server")
	require.Empty(t, events(t, "Deployment"), "a dry run leaves nothing behind")
	create()
	create()
	const told = `PodRefused: Taffrail refused Pod "web-1-x": image-latest-tag: spec.containers[0].image: ` +
		`Invalid value: "nginx": must have a tag other than latest (container "web")`
	require.Eventually(t, func() bool { return events(t, "Deployment") != "" }, soon, interval)
	assert.Equal(t, told, strings.TrimSpace(events(t, "Deployment")), "once, and none of the dry run's")
	cluster(t).kubectl(t, "", "describe", "-n", "default", "deployment/web").mustSucceed(t, "Warning  PodRefused", "image-latest-tag")
}
