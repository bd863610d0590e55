package validators

import (
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/workload"
)

// Resource is what a check looks at: the objects of a resource, the subresources that change them,
// and the operations. A resource that ends in a subresource (pods/binding) is that alone.
type Resource struct {
	schema.GroupVersionResource
	Subresources []string
	Operations   []admissionv1.Operation
	// ManifestsOnly says that a webhook has no rule for it: no API server serves
	// it any longer, or nodes and controllers could not do without it.
	ManifestsOnly bool
	// Labelled is a label; the check looks at objects that have it with the value
	// "true", and at no others.
	Labelled string
	// Only is a match condition of a webhook, in CEL: where it is false, the check finds nothing in an
	// object that is created or updated. It is empty where nothing is known. An API server takes a
	// condition that fails for a refusal: it must not fail, nor loop over what an object holds.
	Only string
	// Key is one of a ConfigMap's data; the check looks at those that have it, and at no others.
	Key string
}

// only says where in resources a check may find something.
func only(condition string, resources ...Resource) []Resource {
	resources = slices.Clone(resources)
	for i := range resources {
		resources[i].Only = condition
	}
	return resources
}

var write = []admissionv1.Operation{admissionv1.Create, admissionv1.Update}

func written(gv schema.GroupVersion, resource string) Resource {
	return Resource{GroupVersionResource: gv.WithResource(resource), Operations: write}
}

func created(gv schema.GroupVersion, resource string) Resource {
	return Resource{GroupVersionResource: gv.WithResource(resource), Operations: []admissionv1.Operation{admissionv1.Create}}
}

// podsAndTemplates are the Pods, the subresources that change their spec, and
// every template that becomes one.
var podsAndTemplates = reading(Spec, slices.Concat([]Resource{written(corev1.SchemeGroupVersion, "pods")}, templates, foreignTemplates)...)

// templates are the resources that hold a Pod's template.
var templates = []Resource{
	written(corev1.SchemeGroupVersion, "podtemplates"),
	written(corev1.SchemeGroupVersion, "replicationcontrollers"),
	written(appsv1.SchemeGroupVersion, "daemonsets"),
	written(appsv1.SchemeGroupVersion, "deployments"),
	written(appsv1.SchemeGroupVersion, "replicasets"),
	written(appsv1.SchemeGroupVersion, "statefulsets"),
	written(batchv1.SchemeGroupVersion, "cronjobs"),
	written(batchv1.SchemeGroupVersion, "jobs"),
}

// foreignTemplates are the resources of other systems that hold one, in every version that a cluster
// may serve.
var foreignTemplates = func() (all []Resource) {
	for _, f := range workload.ForeignKinds() {
		all = append(all, written(schema.GroupVersion{Group: f.Group, Version: "*"}, f.Resource))
	}
	return all
}()

// Matches tells whether a review is of the resource and the operation. A subresource counts when it
// is listed, since it changes what the check reads. One that nobody knows (one day Kubernetes will
// have another like resize) counts when it carries the object itself.
func (r Resource) Matches(review *workload.Review) bool {
	if review.Resource.Group != r.Group || !slices.Contains(r.Operations, review.Operation) {
		return false
	}
	if r.Key != "" && !review.HasKey(r.Key) {
		return false
	}
	switch {
	case review.Resource.Resource != r.Resource:
		return review.Subresource != "" && r.Resource == review.Resource.Resource+"/"+review.Subresource
	case review.Subresource == "" || slices.Contains(r.Subresources, review.Subresource):
		return true
	}
	if _, known := subresources[review.Resource.GroupResource()][review.Subresource]; known {
		return false
	}
	resource, _ := workload.ResourceFor(review.Kind)
	return resource == review.Resource
}
