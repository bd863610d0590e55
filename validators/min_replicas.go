package validators

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "min-replicas",
	Summary: "Deployments and StatefulSets with too few replicas, or too many",
	Doc: `
A single replica is away whenever its node is: at each upgrade of the cluster,
and each time a node fails.

    spec:
      replicas: 2

Without replicas the API server sets 1 when the object is created. Where a
HorizontalPodAutoscaler scales it, write its minimum once; what is applied later
may leave the field out.

Scaling is checked too, by kubectl scale or an autoscaler, so that it is no way
around: let the minimum of autoscalers be min or more (hpa-bounds). What scales
has no labels of its own: an objectSelector is compared with the labels by which
the workload selects its Pods. To switch workloads off, or scale them to zero as
KEDA does, allow it:

    allowZero: true

Where one range is not enough, ranges takes the place of min and max:

    ranges: [{min: 1, max: 1}, {min: 3, max: 10}]
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "require-deployments-have-multiple-replicas", "restrict-scale"),
		params.Refs(params.Gatekeeper, "K8sReplicaLimits"),
		params.Refs(params.Polaris, "deploymentMissingReplicas"),
		params.Refs(params.KubeLinter, "minimum-three-replicas"),
	),
	Resources: reading(Replicas,
		written(appsv1.SchemeGroupVersion, "deployments"),
		written(appsv1.SchemeGroupVersion, "statefulsets"),
	),
	New: newMinReplicas,
})

type minReplicas struct {
	Min       int32  `json:"min" doc:"The fewest replicas."`
	Max       *int32 `json:"max" doc:"The most replicas. Without it, any number will do."`
	AllowZero bool   `json:"allowZero" doc:"Whether there may be none at all."`

	Ranges []replicaRange `json:"ranges" doc:"Numbers of replicas, in place of min and max; one range must hold the number. A range without max has no end."`
}

const fewestReplicas = 2

func newMinReplicas(decode params.Decode) (Validate, error) {
	p := minReplicas{Min: fewestReplicas}
	if err := decode(&p); err != nil {
		return nil, err
	}
	if len(p.Ranges) > 0 {
		return p.evaluateRanges, p.checkRanges().ToAggregate()
	}
	return p.evaluate, checkReplicas(p.Min, p.Max).ToAggregate()
}

func checkReplicas(fewest int32, most *int32) (mistakes field.ErrorList) {
	if fewest < 0 {
		mistakes = append(mistakes, field.Invalid(field.NewPath("min"), fewest, "must be 0 or more"))
	}
	if most != nil && *most < fewest {
		mistakes = append(mistakes, field.Invalid(field.NewPath("max"), *most, "must not be below min"))
	}
	return mistakes
}

func (p *minReplicas) evaluate(r *workload.Review) []Finding {
	replicas, known := replicasOf(r.Object)
	if !known || p.AllowZero && replicas == 0 {
		return nil
	}
	bound, detail := p.Min, "must be at least %d"
	if p.Max != nil && replicas > *p.Max {
		bound, detail = *p.Max, "must be at most %d"
	} else if replicas >= p.Min {
		return nil
	}
	path := (*workload.Path)(nil).Child("spec", "replicas")
	f := invalid(path, replicas, fmt.Sprintf(detail, bound)).isDefault(replicas == orOne(nil) && !isScale(r.Object)).fixedBy(workload.Add(path, bound))
	if replicas < p.Min {
		return []Finding{f.below(float64(replicas))}
	}
	return []Finding{f.above(float64(replicas))}
}

// replicasOf is how many replicas an object asks for. Those of a Scale, which
// is what comes by the subresource, are left out where there are none.
func replicasOf(object workload.Object) (replicas int32, known bool) {
	switch o := object.(type) {
	case *appsv1.Deployment:
		return orOne(o.Spec.Replicas), true
	case *appsv1.StatefulSet:
		return orOne(o.Spec.Replicas), true
	case *autoscalingv1.Scale:
		return o.Spec.Replicas, true
	default:
		return 0, false
	}
}

// isScale tells what has no default: whoever scales has said to how many.
func isScale(object workload.Object) bool {
	_, is := object.(*autoscalingv1.Scale)
	return is
}

func orOne(replicas *int32) int32 {
	if replicas == nil {
		return 1
	}
	return *replicas
}
