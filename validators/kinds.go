package validators

import (
	"cmp"
	"iter"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/workload"
)

// allKinds are the resources of all kinds that Taffrail knows, for checks that
// are told by a parameter which of them to look at.
var allKinds = func() (all []Resource) {
	for _, gvk := range workload.Kinds() {
		gvr, _ := workload.ResourceFor(gvk)
		all = append(all, written(gvr.GroupVersion(), gvr.Resource))
	}
	slices.SortFunc(all, func(a, b Resource) int { return cmp.Compare(a.String(), b.String()) })
	return all
}()

// allKindsAndTemplates are the same and the templates in kinds of other systems, for checks of
// metadata that Pods get from there.
var allKindsAndTemplates = slices.Concat(allKinds, foreignTemplates)

// labelled and annotated are what checks of metadata look at, with the subresources that write it.
var (
	labelled  = reading(Labels, allKindsAndTemplates...)
	annotated = reading(Annotations, allKindsAndTemplates...)
)

// kindsOf are the kinds of resources, by name.
func kindsOf(resources []Resource) (kinds []string) {
	for _, gvk := range workload.Kinds() {
		gvr, _ := workload.ResourceFor(gvk)
		if slices.ContainsFunc(resources, func(r Resource) bool { return r.GroupVersionResource == gvr }) {
			kinds = append(kinds, gvk.Kind)
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// metadataOf are the kinds whose metadata a check looks at.
type metadataOf []string

func parseKinds(names []string, at *field.Path) (kinds metadataOf, mistakes field.ErrorList) {
	known := kindsOf(allKinds)
	if len(names) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a kind"))
	}
	for i, name := range names {
		if !slices.Contains(known, name) {
			mistakes = append(mistakes, field.NotSupported(at.Index(i), name, known))
		}
	}
	return names, mistakes
}

// among are the resources whose objects have metadata of the kinds: of their own, or that of a
// template or a Binding in them.
func (kinds metadataOf) among(resources []Resource) (some []Resource) {
	for _, r := range resources {
		has := kinds.themselves([]Resource{r}) != nil
		same := func(other Resource) bool { return other.GroupVersionResource == r.GroupVersionResource }
		if slices.Contains(kinds, "Pod") {
			has = has || slices.ContainsFunc(podsAndTemplates, same) || slices.ContainsFunc(bindingsOfPods, same)
		}
		if slices.Contains(kinds, "Job") {
			has = has || r.GroupVersionResource == batchv1.SchemeGroupVersion.WithResource("cronjobs")
		}
		if has {
			some = append(some, r)
		}
	}
	return some
}

// themselves are the resources of the kinds.
func (kinds metadataOf) themselves(resources []Resource) (some []Resource) {
	for _, r := range resources {
		if slices.ContainsFunc(kindsOf([]Resource{r}), func(kind string) bool { return slices.Contains(kinds, kind) }) {
			some = append(some, r)
		}
	}
	return some
}

var jobTemplatePath = (*workload.Path)(nil).Child("spec", "jobTemplate")

// in is the metadata to look at in a review: that of the object and, where it
// holds a template of another of the kinds, that of the template, each with
// the place of the object or template. That of a Binding becomes its Pod's.
func (kinds metadataOf) in(r *workload.Review) iter.Seq2[metav1.Object, *workload.Path] {
	return func(yield func(metav1.Object, *workload.Path) bool) {
		// The kind of another system may be called Service too.
		if _, foreign := r.Object.(*unstructured.Unstructured); !foreign && r.Object != nil &&
			slices.Contains(kinds, r.Kind.Kind) && !yield(r.Object, nil) {
			return
		}
		if binding, bound := r.Object.(*corev1.Binding); bound && slices.Contains(kinds, "Pod") && !yield(binding, nil) {
			return
		}
		if r.Pod != nil && r.Pod.IsTemplate() && slices.Contains(kinds, "Pod") && !yield(r.Pod.Meta, r.Pod.Path) {
			return
		}
		if cron, ok := r.Object.(*batchv1.CronJob); ok && slices.Contains(kinds, "Job") {
			yield(&cron.Spec.JobTemplate.ObjectMeta, jobTemplatePath)
		}
	}
}
