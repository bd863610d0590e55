package validators

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Part is a part of an object that a check may read, and that a subresource may
// write without an update of the object itself.
type Part string

// The parts. Spec is what of the spec a subresource changes in place; the node
// and the number of replicas are what a Binding and a Scale say instead.
const (
	Labels      Part = "labels"
	Annotations Part = "annotations"
	Owners      Part = "ownerReferences"
	Spec        Part = "spec"
	Node        Part = "spec.nodeName"
	Replicas    Part = "spec.replicas"
	Status      Part = "status"
)

// subresources are those that change an object of a kind that Taffrail knows,
// and which parts of it. What an API server lets each write is found by trying:
// docs/reference/subresources.md, which a test holds this table to.
var subresources = map[schema.GroupResource]map[string][]Part{
	corev1.Resource("namespaces"):             {"finalize": all(Spec), "status": all(Status)},
	corev1.Resource("nodes"):                  {"status": all(Status)},
	corev1.Resource("persistentvolumeclaims"): {"status": all(Status)},
	corev1.Resource("persistentvolumes"):      {"status": all(Status)},
	corev1.Resource("pods"): {
		"binding":             {Labels, Annotations, Node},
		"ephemeralcontainers": {Spec},
		"resize":              {Spec},
		"status":              {Labels, Annotations, Status},
	},
	corev1.Resource("replicationcontrollers"):          {"scale": {Replicas}, "status": all(Status)},
	corev1.Resource("services"):                        {"status": all(Status)},
	appsv1.Resource("daemonsets"):                      {"status": all(Status)},
	appsv1.Resource("deployments"):                     {"scale": {Replicas}, "status": {Annotations, Owners, Status}},
	appsv1.Resource("replicasets"):                     {"scale": {Replicas}, "status": all(Status)},
	appsv1.Resource("statefulsets"):                    {"scale": {Replicas}, "status": all(Status)},
	autoscalingv2.Resource("horizontalpodautoscalers"): {"status": all(Status)},
	batchv1.Resource("cronjobs"):                       {"status": all(Status)},
	batchv1.Resource("jobs"):                           {"status": all(Status)},
	networkingv1.Resource("ingresses"):                 {"status": all(Status)},
	policyv1.Resource("poddisruptionbudgets"):          {"status": all(Status)},
}

func all(more Part) []Part { return []Part{Labels, Annotations, Owners, more} }

// reading adds to resources the subresources that write a part which a check
// reads. A Binding is created, whatever the operations of the others.
func reading(part Part, resources ...Resource) []Resource {
	resources = slices.Clone(resources)
	bound := false
	for i := range resources {
		r := &resources[i]
		names := slices.Clone(r.Subresources)
		for name, parts := range subresources[r.GroupResource()] {
			switch {
			case !slices.Contains(parts, part) || slices.Contains(names, name):
			case name == "binding":
				bound = true
			default:
				names = append(names, name)
			}
		}
		slices.Sort(names)
		r.Subresources = names
	}
	if bound {
		resources = append(resources, bindingsOfPods...)
	}
	return resources
}

// readingOfPods are Pods, with the subresources that write a part of them which a
// check reads, and templates, in which that part is a part of the spec.
func readingOfPods(part Part) []Resource {
	return slices.Concat(reading(part, podsAndTemplates[0]), templates, foreignTemplates)
}

// bindingsOfPods are both ways to bind a Pod to a node. They carry the same.
var bindingsOfPods = []Resource{created(corev1.SchemeGroupVersion, "pods/binding"), created(corev1.SchemeGroupVersion, "bindings")}
