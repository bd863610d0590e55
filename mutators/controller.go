package mutators

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// controllerOf is the kind of what makes the Pod anew when it is gone, or empty where nothing does.
// A template's Pods are made by the object that holds it, or by something between the two.
func controllerOf(r *workload.Review) string {
	if r.Pod.IsTemplate() {
		if r.Kind.Kind == "PodTemplate" {
			return ""
		}
		return r.Kind.Kind
	}
	if owner := metav1.GetControllerOfNoCopy(r.Pod.Meta); owner != nil {
		return owner.Kind
	}
	return ""
}
