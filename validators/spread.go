package validators

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// spreads tells whether anything keeps the Pods of a workload from each other.
func spreads(r *workload.Review) bool {
	labels := r.Pod.Meta.Labels
	for i := range r.Pod.Spec.TopologySpreadConstraints {
		// Without a selector nothing is counted. The keys beside it take the Pod's own values.
		if selector := r.Pod.Spec.TopologySpreadConstraints[i].LabelSelector; selector != nil && selects(selector, labels) {
			return true
		}
	}
	if r.Pod.Spec.Affinity == nil || r.Pod.Spec.Affinity.PodAntiAffinity == nil {
		return false
	}
	apart := r.Pod.Spec.Affinity.PodAntiAffinity
	for i := range apart.RequiredDuringSchedulingIgnoredDuringExecution {
		if isApartFromItself(r, &apart.RequiredDuringSchedulingIgnoredDuringExecution[i]) {
			return true
		}
	}
	for i := range apart.PreferredDuringSchedulingIgnoredDuringExecution {
		if isApartFromItself(r, &apart.PreferredDuringSchedulingIgnoredDuringExecution[i].PodAffinityTerm) {
			return true
		}
	}
	return false
}

// isApartFromItself tells whether a term of anti-affinity is about the Pods of the workload.
func isApartFromItself(r *workload.Review, term *corev1.PodAffinityTerm) bool {
	labels := r.Pod.Meta.Labels
	if term.LabelSelector == nil || !selects(term.LabelSelector, labels) {
		return false
	}
	// These ask for another value than the Pod's own, and controllers give a revision to each Pod.
	if slices.ContainsFunc(term.MismatchLabelKeys, func(key string) bool {
		_, has := labels[key]
		return has || key == appsv1.DefaultDeploymentUniqueLabelKey || key == appsv1.ControllerRevisionHashLabelKey
	}) {
		return false
	}
	return isInNamespaces(r, term.Namespaces, term.NamespaceSelector)
}

// isInNamespaces tells whether the namespace of a review is among those of a term: its own where
// the term names none. A selector of labels that nobody knows is taken to match.
func isInNamespaces(r *workload.Review, names []string, selector *metav1.LabelSelector) bool {
	if len(names) == 0 && selector == nil || slices.Contains(names, r.Namespace) {
		return true
	}
	if selector == nil {
		return false
	}
	namespace := r.NamespaceMeta()
	return namespace == nil || selects(selector, namespace.Labels)
}
