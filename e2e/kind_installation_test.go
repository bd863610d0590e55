//go:build e2e && kind

package e2e

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/e2e-framework/klient/k8s"
	"sigs.k8s.io/e2e-framework/klient/wait"
	await "sigs.k8s.io/e2e-framework/klient/wait/conditions"
)

// patience is how long anything in a cluster may take: images are started, leases
// run out, endpoints spread, and the machine is busy.
const patience = 2 * time.Minute

// image is the image of the tree that is tested. The nodes have it already.
func image(t *testing.T) string { return variable(t, "TAFFRAIL_E2E_IMAGE") }

func variable(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	require.NotEmpty(t, value, "%s is not set; `make e2e-kind` sets it", name)
	return value
}

// installed installs Taffrail with flags of `taffrail install`, and waits until it
// guards. The end of the test removes it.
func installed(t *testing.T, flags ...string) {
	t.Helper()
	clean(t)
	t.Cleanup(func() { uninstall(t) })
	manifests := program(t, append([]string{"install", "--image", image(t)}, flags...)...).mustSucceed(t).stdout
	cluster(t).kubectl(t, manifests, "apply", "-f", "-").mustSucceed(t)
	ready(t)
}

func uninstall(t *testing.T) {
	t.Helper()
	program(t, "uninstall", "--yes", "--kubeconfig", cluster(t).kubeconfig).mustSucceed(t)
}

// doctor finds nothing wrong, once there is a leader again.
func doctor(t *testing.T) {
	t.Helper()
	var r result
	require.Eventually(t, func() bool {
		r = program(t, "doctor", "--kubeconfig", cluster(t).kubeconfig)
		return r.exitCode == 0
	}, patience, time.Second, "%s", &r)
}

// clean takes away what another test, which needs no kubelet, has left.
func clean(t *testing.T) {
	t.Helper()
	if len(remains(t)) > 0 {
		uninstall(t)
	}
	require.Empty(t, remains(t))
}

// remains are the objects of an installation that are there, whoever made them.
func remains(t *testing.T) []string {
	t.Helper()
	r := cluster(t).kubectl(t, "", "get", "--ignore-not-found", "-o", "name",
		"mutatingwebhookconfigurations,validatingwebhookconfigurations,clusterroles,clusterrolebindings,customresourcedefinitions,priorityclasses").mustSucceed(t)
	inside := cluster(t).kubectl(t, "", "get", "--ignore-not-found", "-o", "name", "-n", "taffrail-system",
		"deployments,replicasets,pods,services,poddisruptionbudgets,networkpolicies,roles,rolebindings,secrets,leases,serviceaccounts,configmaps,resourcequotas,jobs").mustSucceed(t)
	var ours []string
	for line := range strings.Lines(r.stdout + inside.stdout) {
		if strings.Contains(line, "taffrail") {
			ours = append(ours, strings.TrimSpace(line))
		}
	}
	return ours
}

// ready waits until every replica is, and until the API server calls them.
func ready(t *testing.T) {
	t.Helper()
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "taffrail-system", Name: "taffrail"}}
	resources := environment.EnvConf().Client().Resources()
	err := wait.For(await.New(resources).ResourceMatch(deployment, rolledOut), wait.WithTimeout(patience), wait.WithInterval(200*time.Millisecond))
	require.NoError(t, err, "%s", cluster(t).kubectl(t, "", "describe", "pods", "-n", "taffrail-system"))
	refusedWithin(t, patience, "default", "pod-security")
}

func rolledOut(object k8s.Object) bool {
	d := object.(*appsv1.Deployment)
	replicas := int32(1)
	if d.Spec.Replicas != nil {
		replicas = *d.Spec.Replicas
	}
	return d.Status.ObservedGeneration >= d.Generation && d.Status.UpdatedReplicas == replicas &&
		d.Status.Replicas == replicas && d.Status.AvailableReplicas == replicas
}

// guards shows that an installation does what it is for: a Deployment that breaks
// a rule is refused, and the Pods of another get defaults, and run.
func guards(t *testing.T) {
	t.Helper()
	namespace := cluster(t).namespace(t)
	good := workload(t)
	cluster(t).kubectl(t, strings.Replace(good, "    spec:\n", "    spec:\n      hostNetwork: true\n", 1),
		"apply", "-n", namespace, "-f", "-").mustFail(t, "denied the request", "pod-security: spec.template.spec.hostNetwork")
	cluster(t).kubectl(t, good, "apply", "-n", namespace, "-f", "-").mustSucceed(t)
	cluster(t).kubectl(t, "", "rollout", "status", "-n", namespace, "deployment/web", "--timeout=2m").mustSucceed(t)
	for _, pod := range get[corev1.PodList](t, namespace, "pods").Items {
		require.NotNil(t, pod.Spec.SecurityContext.SeccompProfile)
		require.Equal(t, "100m", pod.Spec.Containers[0].Resources.Requests.Cpu().String())
	}
}

// unguarded shows that nobody is asked any more.
func unguarded(t *testing.T) {
	t.Helper()
	cluster(t).kubectl(t, "", "run", "web", "--image=registry.example.com/web:1.0", "--privileged", "--dry-run=server", "-n", "default").mustSucceed(t)
}

// refusedWithin waits until a Pod that breaks the default Guardrail is refused.
func refusedWithin(t *testing.T, timeout time.Duration, namespace, rule string) {
	t.Helper()
	err := wait.For(func(context.Context) (bool, error) {
		r := cluster(t).kubectl(t, "", "run", "web", "--image=registry.example.com/web:1.0", "--privileged", "--dry-run=server", "-n", namespace)
		return strings.Contains(r.stderr, rule+": "), nil
	}, wait.WithTimeout(timeout), wait.WithInterval(200*time.Millisecond))
	require.NoError(t, err)
}

// workload is a Deployment whose Pods run on any node, as the image is there.
func workload(t *testing.T) string {
	t.Helper()
	return strings.ReplaceAll(fixture(t, "workload.yaml"), "IMAGE", image(t))
}

// replicas are the Pods that serve, without those that end.
func replicas(t *testing.T) []corev1.Pod {
	t.Helper()
	var pods []corev1.Pod
	for _, pod := range get[corev1.PodList](t, "taffrail-system", "pods").Items {
		if pod.DeletionTimestamp == nil && pod.Labels["app.kubernetes.io/name"] == "taffrail" {
			pods = append(pods, pod)
		}
	}
	return pods
}

// helm runs Helm in the namespace of Taffrail; what it says is told when it fails.
func helm(t *testing.T, args ...string) {
	t.Helper()
	args = append([]string{"tool", "-modfile=../hack/tools/helm/go.mod", "helm", "--namespace", "taffrail-system", "--kubeconfig", cluster(t).kubeconfig}, args...)
	execute(t, "go", args...).mustSucceed(t)
}
