package validators

import (
	"fmt"
	"slices"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "hpa-bounds",
	Summary: "HorizontalPodAutoscalers with too few replicas, too many, or no room between",
	Doc: `
An autoscaler that goes down to one replica leaves none when a node fails. One
with no upper bound worth the name turns a loop of retries into a bill. And one
whose bounds are equal scales nothing.

    spec:
      minReplicas: 2
      maxReplicas: 10

Without minReplicas the API server sets 1.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Gatekeeper, "K8sHorizontalPodAutoscaler"),
		params.Refs(params.Polaris, "hpaMinAvailability", "hpaMaxAvailability"),
		params.Refs(params.KubeLinter, "hpa-minimum-three-replicas"),
	),
	Resources: []Resource{
		written(autoscalingv1.SchemeGroupVersion, "horizontalpodautoscalers"),
		written(autoscalingv2.SchemeGroupVersion, "horizontalpodautoscalers"),
	},
	New: newHPABounds,
})

type hpaBounds struct {
	Min int32  `json:"min" doc:"The least that minReplicas may be."`
	Max *int32 `json:"max" doc:"The most that maxReplicas may be. Without it, any number will do."`
}

func newHPABounds(decode params.Decode) (Validate, error) {
	p := hpaBounds{Min: 2}
	if err := decode(&p); err != nil {
		return nil, err
	}
	return func(r *workload.Review) []Finding {
		switch o := r.Object.(type) {
		case *autoscalingv1.HorizontalPodAutoscaler:
			return p.evaluate(orOne(o.Spec.MinReplicas), o.Spec.MaxReplicas)
		case *autoscalingv2.HorizontalPodAutoscaler:
			return p.evaluate(orOne(o.Spec.MinReplicas), o.Spec.MaxReplicas)
		default:
			return nil
		}
	}, checkReplicas(p.Min, p.Max).ToAggregate()
}

func (p *hpaBounds) evaluate(fewest, most int32) (findings []Finding) {
	if fewest >= p.Min && (p.Max == nil || most <= *p.Max) && fewest != most {
		return nil
	}
	spec := (*workload.Path)(nil).Child("spec")
	if fewest < p.Min {
		f := invalid(spec.Child("minReplicas"), fewest, fmt.Sprintf("must be at least %d", p.Min)).isDefault(fewest == orOne(nil)).below(float64(fewest))
		if most > p.Min {
			f.Fix = []workload.Operation{workload.Add(f.Path, p.Min)}
		}
		findings = append(findings, f)
	}
	switch {
	case p.Max != nil && most > *p.Max:
		f := invalid(spec.Child("maxReplicas"), most, fmt.Sprintf("must be at most %d", *p.Max)).above(float64(most))
		if fewest < *p.Max {
			f.Fix = []workload.Operation{workload.Replace(f.Path, *p.Max)}
		}
		findings = append(findings, f)
	case fewest == most:
		findings = append(findings, invalid(spec.Child("maxReplicas"), most, "must be more than minReplicas").spans())
	}
	return findings
}
