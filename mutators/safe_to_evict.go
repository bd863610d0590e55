package mutators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "safe-to-evict",
	Summary: "lets the cluster autoscaler evict Pods with local volumes",
	Doc: `The cluster autoscaler keeps a node for as long as a Pod on it has an emptyDir
or a hostPath, for fear of losing data. Most such volumes hold caches and
sockets, and the nodes stay, half empty, and are paid for.

Pods with such a volume are annotated with
cluster-autoscaler.kubernetes.io/safe-to-evict: "true". A Pod that must not be
moved says "false" there, and is left alone.`,
	References: slices.Concat(
		params.Refs(params.Kyverno, "add-safe-to-evict"),
		params.Refs(params.KRail, "pod_mutate_safe_to_evict"),
	),
	New: newSafeToEvict,
})

func newSafeToEvict(decode params.Decode) (Mutate, error) {
	if err := decode(&struct{}{}); err != nil {
		return nil, err
	}
	return func(r *workload.Review) {
		if slices.ContainsFunc(r.Pod.Spec.Volumes, isLocal) {
			r.Pod.SetAnnotation("cluster-autoscaler.kubernetes.io/safe-to-evict", "true")
		}
	}, nil
}

func isLocal(v corev1.Volume) bool { return v.EmptyDir != nil || v.HostPath != nil }
