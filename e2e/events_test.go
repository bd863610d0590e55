//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
)

// unlucky is a Deployment and its ReplicaSet, which no controller looks after
// here: they were there before the guardrail.
const unlucky = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx}]}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-1, namespace: default}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx}]}
`

// unluckyPod is the Pod that the ReplicaSet would have, once that belongs to the
// Deployment.
func unluckyPod(t *testing.T) string {
	t.Helper()
	owner := func(kind, name, uid string) string {
		return `{"apiVersion":"apps/v1","kind":"` + kind + `","name":"` + name + `","uid":"` + uid + `","controller":true}`
	}
	deployment := get[appsv1.Deployment](t, "default", "deployment/web")
	cluster.kubectl(t, "", "patch", "-n", "default", "replicaset/web-1", "--as=system:apiserver", "--as-group=system:masters", "-p",
		`{"metadata":{"ownerReferences":[`+owner("Deployment", "web", string(deployment.UID))+`]}}`).mustSucceed(t)
	replicaSet := get[appsv1.ReplicaSet](t, "default", "replicaset/web-1")
	return `{apiVersion: v1, kind: Pod, metadata: {name: web-1-x, namespace: default, labels: {app: web},
		ownerReferences: [` + owner("ReplicaSet", "web-1", string(replicaSet.UID)) + `]},
		spec: {containers: [{name: web, image: nginx}]}}`
}

func TestADeploymentTellsWhyItsPodsAreRefused(t *testing.T) {
	cluster.kubectl(t, unlucky, "apply", "-f", "-").mustSucceed(t)
	t.Cleanup(func() { cluster.kubectl(t, unlucky, "delete", "-f", "-").mustSucceed(t) })
	pod := unluckyPod(t)
	serveCluster(t, 1)
	apply(t, noLatest)
	refusedSoon(t, "default", "of no-latest")

	create := func(flags ...string) {
		t.Helper()
		cluster.kubectl(t, pod, append([]string{
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
	cluster.kubectl(t, "", "describe", "-n", "default", "deployment/web").mustSucceed(t, "Warning  PodRefused", "image-latest-tag")
}

func TestAGuardrailTellsWhetherItIsInForce(t *testing.T) {
	cluster.kubectl(t, "", "apply", "-k", "../deploy/crds").mustSucceed(t)
	apply(t, strings.Replace(strings.Replace(noLatest, "no-latest", "told", 1), "image-latest-tag", "image-latest-tags", 1))
	serveCluster(t, 1)
	describes := func(want string) {
		t.Helper()
		require.Eventually(t, func() bool {
			return strings.Contains(cluster.kubectl(t, "", "describe", "guardrail", "told").stdout, want)
		}, soon, interval)
	}
	describes(`did you mean "image-latest-tag"?`)
	describes("Warning  Refused")
	apply(t, strings.Replace(noLatest, "no-latest", "told", 1))
	describes("Normal   Loaded")
}
