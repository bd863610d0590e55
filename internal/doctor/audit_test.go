package doctor

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"taffrail.dev/taffrail/internal/names"
)

// auditStartedWith is the audit with some arguments and ready replicas, and a Pod of it.
func auditStartedWith(ready int32, waits string, args ...string) []client.Object {
	meta := metav1.ObjectMeta{Namespace: names.Namespace, Name: names.Audit, Labels: map[string]string{"app.kubernetes.io/name": names.Audit}}
	pod := &corev1.Pod{ObjectMeta: meta}
	if waits != "" {
		pod.Status.ContainerStatuses = []corev1.ContainerStatus{{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: waits}}}}
	}
	return []client.Object{pod, &appsv1.Deployment{
		ObjectMeta: meta,
		Spec:       appsv1.DeploymentSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Args: args}}}}},
		Status:     appsv1.DeploymentStatus{ReadyReplicas: ready},
	}}
}

func TestTheAuditBesideTheWebhooks(t *testing.T) {
	for name, test := range map[string]struct {
		audit []client.Object
		want  []string
	}{
		"none is installed": {nil, nil},
		"all is well":       {auditStartedWith(1, "", "audit", "--serve", "--exclude-namespaces=calico-system,rook-ceph"), nil},
		"it leaves out others": {
			auditStartedWith(1, "", "audit", "--serve", "--exclude-namespaces=calico-system"),
			[]string{"it leaves out other namespaces than the webhooks: calico-system, and they calico-system, rook-ceph"},
		},
		"it does not run": {
			auditStartedWith(0, "CrashLoopBackOff", "audit", "--serve", "--exclude-namespaces=rook-ceph,calico-system"),
			[]string{"no replica of the audit is ready", "it does not run: CrashLoopBackOff"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			i := &Installation{Client: fake.NewClientBuilder().WithScheme(known(t)).WithObjects(test.audit...).Build()}
			webhooks := &appsv1.Deployment{Spec: appsv1.DeploymentSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
				Containers: []corev1.Container{{Args: []string{"serve", "--exclude-namespaces=rook-ceph,calico-system"}}},
			}}}}
			found, err := i.audit(t.Context(), webhooks)
			require.NoError(t, err)
			require.Len(t, found, len(test.want), "%v", found)
			for n, f := range found {
				assert.Equal(t, Warn, f.Level, "nothing is refused for that")
				assert.Contains(t, f.What, test.want[n])
			}
		})
	}
}
