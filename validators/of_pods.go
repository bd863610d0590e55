package validators

import (
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
)

// Templates are the resources that hold a Pod's template, at each operation that writes one.
func Templates() []Resource { return slices.Clone(templates) }

// OfPods tells whether all that the check finds is about Pods, so that their containers can be
// excepted from it. A check of the metadata of any kind is none.
func (v *Validator) OfPods() bool {
	pods := v.InTemplates
	for _, r := range v.Resources {
		switch {
		case r.Group == corev1.GroupName && strings.HasPrefix(r.Resource, "pods"):
			pods = pods || slices.Contains(r.Operations, admissionv1.Create) || slices.Contains(r.Operations, admissionv1.Update)
		case r.Group == corev1.GroupName && (r.Resource == "bindings" || r.Resource == "namespaces"):
			// A Binding writes into its Pod; the labels of a Namespace are about Pods (pod-security).
		case !slices.ContainsFunc(slices.Concat(templates, foreignTemplates), func(t Resource) bool { return t.GroupVersionResource == r.GroupVersionResource }):
			return false
		}
	}
	return pods
}
