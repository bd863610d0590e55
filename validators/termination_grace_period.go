package validators

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "termination-grace-period",
	Summary: "Pods that take longer than 300 seconds to end, or less than is asked for",
	Doc: `
A Pod may take as long to end as its terminationGracePeriodSeconds say. An hour
holds up the drain of a node for an hour, and the cluster's autoscaler gives up
on nodes after ten minutes. Zero kills the application in the middle of a
request or a write.

    spec:
      terminationGracePeriodSeconds: 60

Where nothing is set Kubernetes waits for 30 seconds, and that is checked.
`,
	Severity:  Low,
	Resources: podsAndTemplates,
	New:       newTerminationGracePeriod,
})

type terminationGracePeriod struct {
	Min int64 `json:"min" doc:"The fewest seconds."`
	Max int64 `json:"max" doc:"The most seconds."`
}

func newTerminationGracePeriod(decode params.Decode) (Validate, error) {
	p := terminationGracePeriod{Max: 300}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	if p.Min < 0 {
		mistakes = append(mistakes, field.Invalid(field.NewPath("min"), p.Min, "must not be negative"))
	}
	if p.Max < p.Min {
		mistakes = append(mistakes, field.Invalid(field.NewPath("max"), p.Max, "must not be below min"))
	}
	detail := fmt.Sprintf("must be %d to %d seconds", p.Min, p.Max)
	return onPods(func(pod *workload.Pod) []Finding {
		seconds := int64(corev1.DefaultTerminationGracePeriodSeconds)
		if set := pod.Spec.TerminationGracePeriodSeconds; set != nil {
			seconds = *set
		}
		nearest := min(max(seconds, p.Min), p.Max)
		if nearest == seconds {
			return nil
		}
		path := pod.SpecPath().Child("terminationGracePeriodSeconds")
		f := invalid(path, seconds, detail).isDefault(seconds == corev1.DefaultTerminationGracePeriodSeconds).fixedBy(workload.Add(path, nearest))
		if seconds < p.Min {
			return []Finding{f.below(float64(seconds))}
		}
		return []Finding{f.above(float64(seconds))}
	}), mistakes.ToAggregate()
}
