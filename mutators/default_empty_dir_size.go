package mutators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "default-empty-dir-size",
	Summary: "limits the size of emptyDir volumes",
	Doc: `An emptyDir without a size limit grows until the node's disk is full, and the
kubelet evicts other Pods to make room. With a limit it evicts the Pod that
filled it.

Volumes of medium Memory are limited too: they count as memory of the containers
that write to them. Those of huge pages are left alone, as their limit is that
of the container. A sizeLimit of 0, which means none, stays.`,
	References: slices.Concat(
		params.Refs(params.Kyverno, "add-emptydir-sizelimit"),
		params.Refs(params.KRail, "pod_empty_dir_size_limit"),
	),
	New: newEmptyDirSize,
})

type emptyDirSize struct {
	Size params.Quantity `json:"size" doc:"the limit"`
}

func newEmptyDirSize(decode params.Decode) (Mutate, error) {
	p := emptyDirSize{Size: "1Gi"}
	if err := decode(&p); err != nil {
		return nil, err
	}
	size, mistakes := p.Size.Parse(field.NewPath("size"))
	if len(mistakes) == 0 && size.IsZero() {
		mistakes = append(mistakes, field.Invalid(field.NewPath("size"), p.Size, "must be more than 0"))
	}
	return func(r *workload.Review) {
		for i, volume := range r.Pod.Spec.Volumes {
			if source := volume.EmptyDir; source != nil && (source.Medium == corev1.StorageMediumDefault || source.Medium == corev1.StorageMediumMemory) {
				r.Pod.SetEmptyDirSizeLimit(i, size)
			}
		}
	}, mistakes.ToAggregate()
}
