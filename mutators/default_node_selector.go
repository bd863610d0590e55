package mutators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "default-node-selector",
	Summary: "adds node selectors that Pods lack",
	Doc: `Nodes that are kept for some teams, or for a kind of work, are found by their
labels. With a namespaceSelector the Pods of these teams run there and nowhere
else; default-tolerations lets them in.

    nodeSelector:
      pool: shop
    namespaceSelector:
      matchLabels:
        team: shop

A Pod that names a label's value in its nodeSelector, or the label in a required
node affinity, has chosen. Pods that are bound to a node (nodeName) and those of
DaemonSets are left alone: their controller goes by its own template and would
make Pods for ever that cannot run.

Pods are not sent to Windows this way. They must say so themselves, in spec.os,
as other defaults depend on it.`,
	References: params.Refs(params.Kyverno, "add-nodeSelector", "add-karpenter-nodeselector"),
	New:        newNodeSelector,
})

type nodeSelector struct {
	NodeSelector      map[string]string     `json:"nodeSelector" doc:"labels of nodes and their values, such as pool: batch"`
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector" doc:"the Namespaces, by their labels; left out, all"`
}

func newNodeSelector(decode params.Decode) (Mutate, error) {
	var p nodeSelector
	if err := decode(&p); err != nil {
		return nil, err
	}
	at := field.NewPath("nodeSelector")
	pairs := sorted(p.NodeSelector)
	mistakes := requireLabels(pairs, at)
	if os := p.NodeSelector[corev1.LabelOSStable]; os == string(corev1.Windows) {
		mistakes = append(mistakes, field.Invalid(at.Key(corev1.LabelOSStable), os, "must not be windows"))
	}
	namespaces, wrong := selectNamespaces(p.NamespaceSelector)
	return func(r *workload.Review) {
		if r.Pod.Spec.NodeName != "" || controllerOf(r) == "DaemonSet" || !namespaces.hold(r) {
			return
		}
		for _, p := range pairs {
			// A node of Linux is none for what asks for Windows in other words.
			elsewhere := p.key == corev1.LabelOSStable && r.Pod.IsWindows()
			if !elsewhere && !requiresNodeLabel(r.Pod.Spec.Affinity, p.key) {
				r.Pod.SetNodeSelector(p.key, p.value)
			}
		}
	}, append(mistakes, wrong...).ToAggregate()
}

// requiresNodeLabel tells whether a required node affinity says something of a label.
func requiresNodeLabel(affinity *corev1.Affinity, key string) bool {
	if affinity == nil || affinity.NodeAffinity == nil || affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return false
	}
	for _, term := range affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		if slices.ContainsFunc(term.MatchExpressions, func(e corev1.NodeSelectorRequirement) bool { return e.Key == key }) {
			return true
		}
	}
	return false
}
