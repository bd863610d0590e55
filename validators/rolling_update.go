package validators

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "rolling-update",
	Summary: "Deployments that are recreated, or that lose too many Pods while they roll out",
	Doc: `
With strategy Recreate all old Pods are gone before the first new one starts:
each rollout is an outage, and a version that does not start a long one.

    strategy:
      type: RollingUpdate
      rollingUpdate: {maxUnavailable: 0, maxSurge: 1}

With maxUnavailable, a number or a percentage, no more than so many Pods may be
missing. Where a number meets a percentage, the percentage is taken of the
Deployment's replicas and rounded down, as the Deployment controller does: 25%
of 3 is none. It is one Pod after all where maxSurge comes to none either, since
nothing could roll out then. An absent maxUnavailable or maxSurge is 25%, as the
API server sets it.

A Deployment that must never run twice, because its volume or its lock is only
one, is a StatefulSet with one replica.
`,
	Severity:   Medium,
	References: params.Refs(params.KubeLinter, "no-rolling-update-strategy"),
	Resources:  []Resource{written(appsv1.SchemeGroupVersion, "deployments")},
	New:        newRollingUpdate,
})

type rollingUpdate struct {
	MaxUnavailable *intOrPercent `json:"maxUnavailable" doc:"The most that maxUnavailable may be, such as 0 or 25%. Without it, anything will do."`
}

func newRollingUpdate(decode params.Decode) (Validate, error) {
	var p rollingUpdate
	if err := decode(&p); err != nil {
		return nil, err
	}
	if p.MaxUnavailable == nil {
		return func(r *workload.Review) []Finding { return mustRollOut(r, nil) }, nil
	}
	var mistakes field.ErrorList
	if _, _, ok := readIntOrPercent(p.MaxUnavailable.IntOrString); !ok {
		mistakes = append(mistakes, field.Invalid(field.NewPath("maxUnavailable"), p.MaxUnavailable.String(), "must be a number or a percentage"))
	}
	most := p.MaxUnavailable.IntOrString
	return func(r *workload.Review) []Finding { return mustRollOut(r, &most) }, mistakes.ToAggregate()
}

func mustRollOut(r *workload.Review, most *intstr.IntOrString) []Finding {
	deployment, ok := r.Object.(*appsv1.Deployment)
	if !ok {
		return nil
	}
	strategy := &deployment.Spec.Strategy
	if strategy.Type != "" && strategy.Type != appsv1.RollingUpdateDeploymentStrategyType {
		return []Finding{notSupported(strategyPath.Child("type"), string(strategy.Type), "must be RollingUpdate").
			fixedBy(workload.Add(strategyPath, rollingUpdateOf(most)))}
	}
	if most == nil {
		return nil
	}
	rollout := rolloutOf(deployment)
	if !rollout.exceeds(*most) {
		return nil
	}
	f := invalid(strategyPath.Child("rollingUpdate", "maxUnavailable"), shownIntOrString(rollout.maxUnavailable), fmt.Sprintf("must be at most %s", most)).
		above(rollout.amount(*most)).isDefault(rollout.maxUnavailable == aQuarter)
	return []Finding{f.fixedBy(limitUnavailable(strategy, most)...)}
}

var strategyPath = (*workload.Path)(nil).Child("spec", "strategy")

func limitUnavailable(strategy *appsv1.DeploymentStrategy, most *intstr.IntOrString) []workload.Operation {
	if strategy.RollingUpdate == nil {
		return []workload.Operation{workload.Add(strategyPath, rollingUpdateOf(most))}
	}
	path := strategyPath.Child("rollingUpdate")
	fix := []workload.Operation{workload.Add(path.Child("maxUnavailable"), shownIntOrString(*most))}
	// Nothing can roll where both are zero, and the API server refuses it.
	if surge := strategy.RollingUpdate.MaxSurge; surge != nil && isZero(*surge) && isZero(*most) {
		fix = append(fix, workload.Add(path.Child("maxSurge"), 1))
	}
	return fix
}

func rollingUpdateOf(most *intstr.IntOrString) map[string]any {
	strategy := map[string]any{"type": string(appsv1.RollingUpdateDeploymentStrategyType)}
	if most != nil {
		strategy["rollingUpdate"] = map[string]any{"maxUnavailable": shownIntOrString(*most)}
	}
	return strategy
}
