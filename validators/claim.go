package validators

import (
	"iter"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// claimsAndTemplates are the PersistentVolumeClaims, and all that hold a
// template that becomes one: StatefulSets, and Pods with ephemeral volumes.
var claimsAndTemplates = slices.Concat(
	[]Resource{written(corev1.SchemeGroupVersion, "persistentvolumeclaims")},
	podsAndTemplates,
)

// claim is a PersistentVolumeClaim, or a template that becomes one.
type claim struct {
	meta *metav1.ObjectMeta
	spec *corev1.PersistentVolumeClaimSpec

	pod      *workload.Pod // of an ephemeral volume
	template bool
	index    int
	name     string
}

func claims(r *workload.Review) iter.Seq[claim] {
	return func(yield func(claim) bool) {
		switch o := r.Object.(type) {
		case *corev1.PersistentVolumeClaim:
			yield(claim{meta: &o.ObjectMeta, spec: &o.Spec})
			return
		case *appsv1.StatefulSet:
			for i := range o.Spec.VolumeClaimTemplates {
				c := &o.Spec.VolumeClaimTemplates[i]
				if !yield(claim{meta: &c.ObjectMeta, spec: &c.Spec, template: true, index: i, name: c.Name}) {
					return
				}
			}
		}
		if r.Pod == nil {
			return
		}
		for i := range r.Pod.Spec.Volumes {
			v := &r.Pod.Spec.Volumes[i]
			if v.Ephemeral == nil || v.Ephemeral.VolumeClaimTemplate == nil {
				continue
			}
			t := v.Ephemeral.VolumeClaimTemplate
			if !yield(claim{meta: &t.ObjectMeta, spec: &t.Spec, pod: r.Pod, index: i, name: v.Name}) {
				return
			}
		}
	}
}

// path is the place of the claim.
func (c *claim) path() *workload.Path {
	switch {
	case c.pod != nil:
		return c.pod.SpecPath().Child("volumes").Item(c.index, c.name).Child("ephemeral", "volumeClaimTemplate")
	case c.template:
		return (*workload.Path)(nil).Child("spec", "volumeClaimTemplates").Item(c.index, c.name)
	default:
		return nil
	}
}
