package validators

import (
	"taffrail.dev/taffrail/internal/sets"
)

var _ = register(Validator{
	Name:    "dangling-pod-disruption-budget",
	Summary: "PodDisruptionBudgets that select no Pods",
	Doc: `
A budget that selects nothing protects nothing: a drain takes all Pods of the
workload at once. Mostly a label was renamed in the Deployment, and not in the
budget.

    spec:
      maxUnavailable: 1
      selector:
        matchLabels: {app: web}

A budget without a selector selects nothing either. An empty one, {}, selects
all Pods of the namespace.
`,
	Severity: Medium,
	OverSet: &OverSet{
		Kinds: budgetKinds,
		Needs: sets.Budgets | sets.Workloads,
		New:   withoutSetParameters(mustProtectPods),
	},
})

func mustProtectPods(all *sets.Set, found func(*sets.Object, Finding)) {
	for n := range all.Namespaces() {
		if !n.Known() {
			continue
		}
		for _, b := range n.Budgets {
			selector := b.Selector.Parse()
			switch {
			case b.Selector == nil:
				found(&b.Object, required(specPath("selector"), "must be set: a budget without one protects no Pods"))
			case selector != nil && !n.Selects(selector):
				found(&b.Object, unselecting(specPath("selector"), b.Selector, n))
			}
		}
	}
}
