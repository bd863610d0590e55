package validators

import (
	"slices"

	policyv1 "k8s.io/api/policy/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "pdb-blocks-drain",
	Summary: "PodDisruptionBudgets that never let a Pod be evicted",
	Doc: `
A PodDisruptionBudget with maxUnavailable 0 or minAvailable 100% refuses every
eviction: no node with such a Pod can be drained, and the upgrade of the
cluster waits until somebody deletes the budget in the night. So does a budget
with neither of the two.

    spec:
      maxUnavailable: 1

Kubernetes rounds percentages up: maxUnavailable 1% lets one Pod go, but
minAvailable 90% of five Pods is all five. How many Pods there are cannot be
seen here, and neither can whether minAvailable: 3 is all of them: prefer
maxUnavailable.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "pdb-maxunavailable"),
		params.Refs(params.Gatekeeper, "K8sPodDisruptionBudget"),
		params.Refs(params.Polaris, "pdbDisruptionsIsZero"),
		params.Refs(params.KubeLinter, "pdb-max-unavailable"),
		params.Refs(params.KRail, "invalid_pod_disruption_budget"),
	),
	Resources: []Resource{written(policyv1.SchemeGroupVersion, "poddisruptionbudgets")},
	New:       withoutParameters(mustAllowEviction),
})

func mustAllowEviction(r *workload.Review) []Finding {
	findings := mustLetOneGo(r)
	for i := range findings {
		// However it is written, the nodes of all that are selected cannot be drained.
		budget, _ := r.Object.(*policyv1.PodDisruptionBudget)
		findings[i] = findings[i].about(budgetPath).spansLater(func() []part { return selected(budget.Spec.Selector) })
	}
	return findings
}

func mustLetOneGo(r *workload.Review) []Finding {
	budget, ok := r.Object.(*policyv1.PodDisruptionBudget)
	if !ok {
		return nil
	}
	switch is := &budget.Spec; {
	case is.MaxUnavailable != nil && isZero(*is.MaxUnavailable):
		return []Finding{invalid(maxUnavailablePath, shownIntOrString(*is.MaxUnavailable), "must be more than 0, or no node can be drained").fixedBy(letOneGo)}
	case is.MaxUnavailable != nil:
		return nil
	case is.MinAvailable == nil:
		f := required(maxUnavailablePath, "must be set where minAvailable is not, or no node can be drained")
		if is.Selector != nil {
			f.Fix = []workload.Operation{letOneGo}
		}
		return []Finding{f}
	default:
		n, percent, ok := readIntOrPercent(*is.MinAvailable)
		if !ok || !percent || n < 100 {
			return nil
		}
		return []Finding{invalid(minAvailablePath, is.MinAvailable.StrVal, "must be less than 100%, or no node can be drained").
			fixedBy(workload.Remove(minAvailablePath), letOneGo)}
	}
}

var (
	budgetPath         = (*workload.Path)(nil).Child("spec")
	minAvailablePath   = (*workload.Path)(nil).Child("spec", "minAvailable")
	maxUnavailablePath = (*workload.Path)(nil).Child("spec", "maxUnavailable")
	letOneGo           = workload.Add(maxUnavailablePath, 1)
)
