//go:build e2e && !kind

package e2e

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/stretchr/testify/require"
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

// unluckyPod is the Pod that the ReplicaSet would have, once that belongs to the Deployment.
func unluckyPod(t *testing.T) string {
	t.Helper()
	owner := func(kind, name, uid string) string {
		return `{"apiVersion":"apps/v1","kind":"` + kind + `","name":"` + name + `","uid":"` + uid + `","controller":true}`
	}
	deployment := get[appsv1.Deployment](t, "default", "deployment/web")
	cluster(t).kubectl(t, "", "patch", "-n", "default", "replicaset/web-1", "--as=system:apiserver", "--as-group=system:masters", "-p",
		`{"metadata":{"ownerReferences":[`+owner("Deployment", "web", string(deployment.UID))+`]}}`).mustSucceed(t)
	replicaSet := get[appsv1.ReplicaSet](t, "default", "replicaset/web-1")
	return `{apiVersion: v1, kind: Pod, metadata: {name: web-1-x, namespace: default, labels: {app: web},
		ownerReferences: [` + owner("ReplicaSet", "web-1", string(replicaSet.UID)) + `]},
		spec: {containers: [{name: web, image: nginx}]}}`
}

func TestAGuardrailTellsWhetherItIsInForce(t *testing.T) {
	parallel(t)
	define(t)
	apply(t, strings.Replace(strings.Replace(noLatest, "no-latest", "told", 1), "image-latest-tag", "image-latest-tags", 1))
	serveCluster(t, 1)
	describes := func(want string) {
		t.Helper()
		require.Eventually(t, func() bool {
			return strings.Contains(cluster(t).kubectl(t, "", "describe", "guardrail", "told").stdout, want)
		}, soon, interval)
	}
	describes(`did you mean "image-latest-tag"?`)
	describes("Warning  Refused")
	apply(t, strings.Replace(noLatest, "no-latest", "told", 1))
	describes("Normal   Loaded")
}
