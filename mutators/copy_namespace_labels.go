package mutators

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "copy-namespace-labels",
	Summary: "copies labels of the Namespace onto its Pods",
	Doc: `A team or a cost center is said once, on the Namespace. What sorts Pods by their
labels, such as metrics and the bill, does not see it there.

    keys: [team, cost-center]

A label that a Pod has keeps its value. The labels are those that the Namespace
has when the Pod is made; those that it gets later do not reach Pods that run.`,
	References: params.Refs(params.Kyverno, "copy-namespace-labels"),
	New:        newCopyNamespaceLabels,
})

type copyNamespaceLabels struct {
	Keys []string `json:"keys" doc:"the labels to copy, such as team"`
}

func newCopyNamespaceLabels(decode params.Decode) (Mutate, error) {
	var p copyNamespaceLabels
	if err := decode(&p); err != nil {
		return nil, err
	}
	return func(r *workload.Review) {
		namespace := r.NamespaceMeta()
		if namespace == nil {
			return
		}
		for _, key := range p.Keys {
			if value, set := namespace.Labels[key]; set {
				r.Pod.SetLabel(key, value)
			}
		}
	}, requireLabelKeys(p.Keys, field.NewPath("keys")).ToAggregate()
}
