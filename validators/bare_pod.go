package validators

import (
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "bare-pod",
	Summary: "Pods that no controller has made",
	Doc: `
A Pod that was made by hand is not made again when its node goes away, cannot
be rolled out or back, and is drained with force or not at all.

Write a Deployment, a StatefulSet or, for what runs to its end, a Job. For a
shell in the cluster use kubectl debug on a Pod that is there.

Mirror Pods, which show what a node runs by itself, are controlled by their
Node. Pods are checked when they are created: one that is orphaned later
(kubectl delete --cascade=orphan) is left alone.
`,
	Severity:   Medium,
	References: params.Refs(params.Kyverno, "prevent-bare-pods", "prevent-naked-pods"),
	Resources: []Resource{{
		GroupVersionResource: corev1.SchemeGroupVersion.WithResource("pods"),
		Operations:           []admissionv1.Operation{admissionv1.Create},
	}},
	New: withoutParameters(mustHaveController),
})

func mustHaveController(r *workload.Review) []Finding {
	pod, ok := r.Object.(*corev1.Pod)
	if !ok || metav1.GetControllerOfNoCopy(pod) != nil {
		return nil
	}
	path := (*workload.Path)(nil).Child("metadata", "ownerReferences")
	return []Finding{required(path, "must have a controller, such as a Deployment or a Job")}
}
