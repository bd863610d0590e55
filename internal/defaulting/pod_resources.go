package defaulting

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// requestWhatContainersDo requests for the Pod what its containers need together. Init containers
// run one after the other, beside the sidecars before them.
func requestWhatContainersDo(p *corev1.Pod, r *corev1.ResourceRequirements) {
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		if _, requested := r.Requests[name]; requested || !anyRequests(p, name) {
			continue
		}
		sidecars, most := resource.Quantity{}, resource.Quantity{}
		for i := range p.Spec.InitContainers {
			c := &p.Spec.InitContainers[i]
			together := sidecars.DeepCopy()
			together.Add(c.Resources.Requests[name])
			if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
				sidecars = together.DeepCopy()
			}
			if together.Cmp(most) > 0 {
				most = together
			}
		}
		running := sidecars
		for i := range p.Spec.Containers {
			running.Add(p.Spec.Containers[i].Resources.Requests[name])
		}
		if running.Cmp(most) > 0 {
			most = running
		}
		if r.Requests == nil {
			r.Requests = corev1.ResourceList{}
		}
		r.Requests[name] = most
	}
}

func anyRequests(p *corev1.Pod, name corev1.ResourceName) bool {
	requests := func(c corev1.Container) bool {
		_, does := c.Resources.Requests[name]
		return does
	}
	return slices.ContainsFunc(p.Spec.Containers, requests) || slices.ContainsFunc(p.Spec.InitContainers, requests)
}
