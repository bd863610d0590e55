package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "node-affinity",
	Summary: "Pods that do not say which nodes suit them",
	Doc: `
In a cluster of several pools a Pod that says nothing runs on whichever node has
space: on the one with the GPU, or on another architecture than its image.

    affinity:
      nodeAffinity:
        preferredDuringSchedulingIgnoredDuringExecution:
        - weight: 1
          preference:
            matchExpressions:
            - {key: pool, operator: In, values: [general]}

A nodeSelector says it too. The templates of DaemonSets are not checked: they
are for every node unless they say otherwise.
`,
	Severity:   Low,
	References: params.Refs(params.KubeLinter, "no-node-affinity"),
	Resources:  slices.DeleteFunc(slices.Clone(podsAndTemplates), func(r Resource) bool { return r.Resource == "daemonsets" }),
	New:        withoutParameters(onPods(mustChooseNodes)),
})

func mustChooseNodes(pod *workload.Pod) []Finding {
	if len(pod.Spec.NodeSelector) > 0 || hasNodeAffinity(pod.Spec.Affinity) {
		return nil
	}
	return []Finding{required(pod.SpecPath().Child("affinity", "nodeAffinity"), "must say which nodes suit, or a nodeSelector must")}
}

func hasNodeAffinity(affinity *corev1.Affinity) bool {
	if affinity == nil || affinity.NodeAffinity == nil {
		return false
	}
	must := affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	return must != nil && len(must.NodeSelectorTerms) > 0 || len(affinity.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution) > 0
}
