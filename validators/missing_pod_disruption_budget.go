package validators

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
)

var _ = register(Validator{
	Name:    "missing-pod-disruption-budget",
	Summary: "workloads with several replicas that no PodDisruptionBudget protects",
	Doc: `
Without a budget a drain of several nodes may evict all replicas at once: they
were made for the failure of a node, and an upgrade of the cluster takes them
down.

    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web}
    spec:
      maxUnavailable: 1
      selector:
        matchLabels: {app: web}

Looked at are Deployments, StatefulSets and their like with at least
minReplicas, or with an autoscaler that goes down to as many. The budget may be
elsewhere: let the check see all manifests of a namespace.
`,
	Severity: Low,
	References: slices.Concat(
		params.Refs(params.Kyverno, "require-pdb"),
		params.Refs(params.Polaris, "missingPodDisruptionBudget"),
	),
	OverSet: &OverSet{
		Kinds: workloadKinds,
		Needs: sets.Workloads | sets.Budgets | sets.Autoscalers,
		New:   newMissingPodDisruptionBudget,
	},
})

type missingPodDisruptionBudget struct {
	MinReplicas int32 `json:"minReplicas" doc:"From how many replicas on a budget must be there."`
}

func newMissingPodDisruptionBudget(decode params.Decode) (ValidateSet, error) {
	p := missingPodDisruptionBudget{MinReplicas: 2}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	if p.MinReplicas < 1 {
		mistakes = append(mistakes, field.Invalid(field.NewPath("minReplicas"), p.MinReplicas, "must be at least 1"))
	}
	return p.validate, mistakes.ToAggregate()
}

func (p *missingPodDisruptionBudget) validate(all *sets.Set, found func(*sets.Object, Finding)) {
	for n := range all.Namespaces() {
		protected := map[*sets.Workload]bool{}
		for selector := range distinct(n.Budgets, func(b *sets.Budget) *sets.Selector { return b.Selector }) {
			for w := range n.Selected(selector) {
				protected[w] = true
			}
		}
		for _, w := range n.Workloads {
			if fewest, _ := leastReplicas(w, all); fewest >= p.MinReplicas && !protected[w] {
				found(&w.Object, unselected(w, "PodDisruptionBudget"))
			}
		}
	}
}

// unselected finds a workload whose Pods nothing of a kind selects.
func unselected(w *sets.Workload, kind string) Finding {
	path := placeAt(w.Path, "metadata", "labels")
	detail := "must be selected by a " + kind
	if len(w.Labels) == 0 {
		return required(path, detail)
	}
	return invalid(path, w.Labels.String(), detail)
}

// leastReplicas is how many replicas a workload has at least, and which autoscaler says so.
func leastReplicas(w *sets.Workload, all *sets.Set) (fewest int32, by *sets.Autoscaler) {
	for _, a := range all.Scaling(w) {
		if by == nil || a.Min < by.Min {
			by = a
		}
	}
	if by == nil || w.Replicas == sets.Uncounted {
		return w.Replicas, nil
	}
	return by.Min, by
}
