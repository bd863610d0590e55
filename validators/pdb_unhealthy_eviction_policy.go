package validators

import (
	"slices"

	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "pdb-unhealthy-eviction-policy",
	Summary: "PodDisruptionBudgets that do not say whether Pods that are not ready may be evicted",
	Doc: `
By default a budget protects Pods that crash, too: while too few are ready, none
may be evicted, not even those that serve nobody. A node with such a Pod cannot
be drained until somebody repairs the application.

    spec:
      maxUnavailable: 1
      unhealthyPodEvictionPolicy: AlwaysAllow

IfHealthyBudget is the default, and passes where it is written down: it is right
for Pods that recover data before they become ready. Where it is not to be
chosen, leave it out of the list:

    allowed: [AlwaysAllow]
`,
	Severity:   Low,
	References: params.Refs(params.KubeLinter, "pdb-unhealthy-pod-eviction-policy"),
	Resources:  []Resource{written(policyv1.SchemeGroupVersion, "poddisruptionbudgets")},
	New:        newPDBUnhealthyEvictionPolicy,
})

type pdbUnhealthyEvictionPolicy struct {
	Allowed []string `json:"allowed" doc:"Values of unhealthyPodEvictionPolicy, one of which must be set."`
}

func newPDBUnhealthyEvictionPolicy(decode params.Decode) (Validate, error) {
	known := []string{string(policyv1.AlwaysAllow), string(policyv1.IfHealthyBudget)}
	p := pdbUnhealthyEvictionPolicy{Allowed: slices.Clone(known)}
	if err := decode(&p); err != nil {
		return nil, err
	}
	at := field.NewPath("allowed")
	var mistakes field.ErrorList
	if len(p.Allowed) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a policy"))
	}
	for i, policy := range p.Allowed {
		if !slices.Contains(known, policy) {
			mistakes = append(mistakes, field.NotSupported(at.Index(i), policy, known))
		}
	}
	path, detail := budgetPath.Child("unhealthyPodEvictionPolicy"), "must be "+oneOf(p.Allowed)
	return func(r *workload.Review) []Finding {
		budget, ok := r.Object.(*policyv1.PodDisruptionBudget)
		if !ok || budget.Spec.UnhealthyPodEvictionPolicy != nil && slices.Contains(p.Allowed, string(*budget.Spec.UnhealthyPodEvictionPolicy)) {
			return nil
		}
		f := mustBe(path, budget.Spec.UnhealthyPodEvictionPolicy, detail)
		if budget.Spec.Selector != nil { // a spec without anything may not be there to add to
			f.Fix = []workload.Operation{workload.Add(path, p.Allowed[0])}
		}
		return []Finding{f}
	}, mistakes.ToAggregate()
}
