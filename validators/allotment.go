package validators

import (
	"iter"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"taffrail.dev/taffrail/internal/workload"
)

// allotment is the resources of a container or of the whole Pod.
type allotment struct {
	*corev1.ResourceRequirements
	container workload.Container // the zero Container for those of the Pod
	pod       *workload.Pod
}

// allotments are the resources of the Pod, where it has any, and of its containers.
func allotments(pod *workload.Pod) iter.Seq[allotment] {
	return func(yield func(allotment) bool) {
		if pod.Spec.Resources != nil && !yield(allotment{ResourceRequirements: pod.Spec.Resources, pod: pod}) {
			return
		}
		for c := range pod.Containers() {
			if !yield(allotment{ResourceRequirements: &c.Resources, container: c, pod: pod}) {
				return
			}
		}
	}
}

func (a *allotment) ofPod() bool { return a.container.Container == nil }

// path is the place of requests or limits.
func (a *allotment) path(list string) *workload.Path {
	base := a.pod.SpecPath()
	if !a.ofPod() {
		base = a.container.Path()
	}
	return base.Child("resources", list)
}

// set is the operation that sets a request or a limit. The resources
// themselves are there, or nothing would have been found in them.
func (a *allotment) set(list string, name corev1.ResourceName, value resource.Quantity) workload.Operation {
	there := a.Requests
	if list == "limits" {
		there = a.Limits
	}
	if there == nil {
		return workload.Add(a.path(list), map[string]string{string(name): value.String()})
	}
	return workload.Add(a.path(list).Key(string(name)), value.String())
}

// limit is what is allotted at most. A limit of zero is none to the kubelet.
func (a *allotment) limit(name corev1.ResourceName) (resource.Quantity, bool) {
	quantity := a.Limits[name]
	return quantity, quantity.Sign() > 0
}

// request is what is requested once the API server has set its defaults.
func (a *allotment) request(name corev1.ResourceName) (resource.Quantity, bool) {
	quantity, set := a.Requests[name]
	if !set && a.ofPod() && len(a.Limits) > 0 {
		quantity, set = containersRequest(a.pod, name)
	}
	if !set {
		quantity, set = a.Limits[name]
	}
	return quantity, set
}

// containersRequest is what the containers of a Pod request together: init containers run one after
// the other, beside the sidecars that were started before them.
func containersRequest(pod *workload.Pod, name corev1.ResourceName) (all resource.Quantity, found bool) {
	var starting, sidecars resource.Quantity
	for c := range pod.Containers() {
		request, set := c.Resources.Requests[name]
		if !set {
			if request, set = c.Resources.Limits[name]; !set {
				continue
			}
		}
		found = true
		switch c.Type {
		case workload.Sidecar:
			sidecars.Add(request)
			request = sidecars.DeepCopy()
		case workload.Init:
			request = request.DeepCopy() // a large one is shared with the Pod
			request.Add(sidecars)
		default:
			all.Add(request)
			continue
		}
		if request.Cmp(starting) > 0 {
			starting = request
		}
	}
	if all.Add(sidecars); starting.Cmp(all) > 0 {
		return starting, found
	}
	return all, found
}
