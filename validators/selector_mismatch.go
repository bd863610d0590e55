package validators

import (
	"fmt"
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "selector-mismatch",
	Summary: "workloads whose selector does not select their own Pods",
	Doc: `
A controller counts the Pods that its selector selects. Where its template makes
others, it would make Pods for ever. The API server refuses that; this check
says so before a manifest gets that far.

    selector:
      matchLabels: {app: web}
    template:
      metadata:
        labels: {app: web}

A selector cannot be changed later: choose labels that stay.
`,
	Severity:   Medium,
	References: params.Refs(params.KubeLinter, "mismatching-selector"),
	Resources: []Resource{
		written(corev1.SchemeGroupVersion, "replicationcontrollers"),
		written(appsv1.SchemeGroupVersion, "daemonsets"),
		written(appsv1.SchemeGroupVersion, "deployments"),
		written(appsv1.SchemeGroupVersion, "replicasets"),
		written(appsv1.SchemeGroupVersion, "statefulsets"),
		written(batchv1.SchemeGroupVersion, "jobs"),
	},
	New: withoutParameters(mustSelectOwnPods),
})

func mustSelectOwnPods(r *workload.Review) []Finding {
	if r.Pod == nil {
		return nil
	}
	labels := r.Pod.Meta.Labels
	selector, needed := selectorOf(r.Object)
	if selector == nil && !needed || selector != nil && selects(selector, labels) {
		return nil
	}
	if selector == nil {
		return []Finding{withoutSelector(labels)}
	}
	path := r.Pod.MetadataPath().Child("labels")
	f := invalid(path, labels, "must be selected by spec.selector").spans(unmet(selector, labels))
	switch {
	case len(selector.MatchExpressions) > 0:
	case labels != nil:
		f.Fix = []workload.Operation{workload.Replace(path, merged(labels, selector.MatchLabels))}
	case r.Pod.Meta.Annotations == nil: // and nothing else that matters to a template
		labelled := map[string]any{"labels": selector.MatchLabels}
		f.Fix = []workload.Operation{workload.Add(r.Pod.MetadataPath(), labelled)}
	}
	f.Safe = len(f.Fix) > 0 // the API server refuses the object as it is
	return []Finding{f}
}

// unmet are the requirements of a selector that labels do not meet.
func unmet(selector *metav1.LabelSelector, labels map[string]string) part {
	p := holds("requirements")
	for key, value := range selector.MatchLabels {
		if is, there := labels[key]; !there || is != value {
			p.items.list = append(p.items.list, key+"="+value)
		}
	}
	for _, e := range selector.MatchExpressions {
		if !meets(e, labels) {
			values := slices.Compact(slices.Sorted(slices.Values(e.Values)))
			p.items.list = append(p.items.list, fmt.Sprintf("%s %s %q", e.Key, e.Operator, values))
		}
	}
	return p
}

func withoutSelector(labels map[string]string) Finding {
	path := (*workload.Path)(nil).Child("spec", "selector")
	f := required(path, "must be set, and select the labels of the template")
	if len(labels) > 0 {
		f = f.fixedBy(workload.Add(path, metav1.LabelSelector{MatchLabels: labels})).safely()
	}
	return f
}

// selectorOf is the selector of an object, and whether the API server makes
// none up where it is absent.
func selectorOf(object workload.Object) (selector *metav1.LabelSelector, needed bool) {
	switch o := object.(type) {
	case *appsv1.Deployment:
		return o.Spec.Selector, true
	case *appsv1.StatefulSet:
		return o.Spec.Selector, true
	case *appsv1.DaemonSet:
		return o.Spec.Selector, true
	case *appsv1.ReplicaSet:
		return o.Spec.Selector, true
	case *batchv1.Job:
		return o.Spec.Selector, false
	case *corev1.ReplicationController:
		if len(o.Spec.Selector) > 0 {
			return &metav1.LabelSelector{MatchLabels: o.Spec.Selector}, false
		}
	}
	return nil, false
}

func merged(labels, with map[string]string) map[string]string {
	all := maps.Clone(labels)
	maps.Copy(all, with)
	return all
}
