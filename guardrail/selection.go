package guardrail

import (
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// isOfPods tells whether a check that looks at the resource evaluates Pods.
func isOfPods(r validators.Resource) bool {
	return r.Group == corev1.GroupName && r.Resource == "pods" && slices.Contains(r.Operations, admissionv1.Create)
}

// looksAt tells whether the validator is for what a guardrail selects of an object.
func (v *validator) looksAt(r *workload.Review, selected selection) bool {
	return (selected.object || v.ofPods) && v.check.looksAt(r)
}

// inSelection leaves the findings of what is not selected out, be it the object or its template. What
// a check of Pods finds is about the Pods, but for the metadata that the object has for itself.
func (v *validator) inSelection(findings []validators.Finding, r *workload.Review, selected selection) []validators.Finding {
	return slices.DeleteFunc(findings, func(f validators.Finding) bool {
		if v.ofPods && !isOfObject(f.Path, r.Pod) {
			return !selected.pods
		}
		return !selected.object
	})
}

// isOfObject tells whether a place is in the object that holds a template, and not in its Pods. The
// Namespace is one and the same for both.
func isOfObject(path *workload.Path, pod *workload.Pod) bool {
	return path != nil && !path.Within(pod.Path) && !path.Within(namespacePath)
}

var namespacePath = (*workload.Path)(nil).Child("metadata", "namespace")
