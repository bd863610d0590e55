package mutators

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "default-priority-class",
	Summary: "gives a priority class to Pods that name none",
	Doc: `When the cluster is full, the scheduler makes room for Pods of higher priority.
With all of them at 0, a batch job holds out against a shop. A class for each
kind of Namespace puts them in order without a word in any manifest.

    priorityClassName: batch
    namespaceSelector:
      matchLabels:
        tier: batch

The API server has resolved the priority by then: 0, for want of a class. This
replaces it, as it refuses a Pod whose priority is not that of its class, and
resolves it again. A cluster with a class that is globalDefault has given it to
the Pod by then, and it stays. The class must exist, or Pods are refused.`,
	References: params.Refs(params.Kyverno, "add-pod-priorityclassname", "add-karpenter-daemonset-priority-class"),
	New:        newPriorityClass,
})

type priorityClass struct {
	PriorityClassName string                `json:"priorityClassName" doc:"the name of a PriorityClass"`
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector" doc:"the Namespaces, by their labels; left out, all"`
}

func newPriorityClass(decode params.Decode) (Mutate, error) {
	var p priorityClass
	if err := decode(&p); err != nil {
		return nil, err
	}
	mistakes := requireObjectName(p.PriorityClassName, field.NewPath("priorityClassName"), "a PriorityClass")
	namespaces, wrong := selectNamespaces(p.NamespaceSelector)
	return func(r *workload.Review) {
		if namespaces.hold(r) {
			r.Pod.SetPriorityClassName(p.PriorityClassName)
		}
	}, append(mistakes, wrong...).ToAggregate()
}
