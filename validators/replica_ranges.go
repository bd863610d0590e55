package validators

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/workload"
)

// replicaRange is a parameter: a range of numbers of replicas, both ends included.
type replicaRange struct {
	Min int32  `json:"min"`
	Max *int32 `json:"max"`
}

func (r replicaRange) holds(replicas int32) bool {
	return replicas >= r.Min && (r.Max == nil || replicas <= *r.Max)
}

func (r replicaRange) String() string {
	switch {
	case r.Max == nil:
		return fmt.Sprintf("%d and above", r.Min)
	case *r.Max == r.Min:
		return fmt.Sprint(r.Min)
	}
	return fmt.Sprintf("%d to %d", r.Min, *r.Max)
}

func (p *minReplicas) checkRanges() (mistakes field.ErrorList) {
	if p.Min != fewestReplicas {
		mistakes = append(mistakes, field.Forbidden(field.NewPath("min"), "must not be set beside ranges"))
	}
	if p.Max != nil {
		mistakes = append(mistakes, field.Forbidden(field.NewPath("max"), "must not be set beside ranges"))
	}
	for i, r := range p.Ranges {
		at := field.NewPath("ranges").Index(i)
		if r.Min < 0 {
			mistakes = append(mistakes, field.Invalid(at.Child("min"), r.Min, "must be 0 or more"))
		}
		if r.Max != nil && *r.Max < r.Min {
			mistakes = append(mistakes, field.Invalid(at.Child("max"), *r.Max, "must not be below min"))
		}
	}
	return mistakes
}

func (p *minReplicas) evaluateRanges(r *workload.Review) []Finding {
	replicas, known := replicasOf(r.Object)
	if !known || p.AllowZero && replicas == 0 || slices.ContainsFunc(p.Ranges, func(r replicaRange) bool { return r.holds(replicas) }) {
		return nil
	}
	var names []string
	fewest, most := p.Ranges[0].Min, replicas+1
	for _, r := range p.Ranges {
		names, fewest = append(names, r.String()), min(fewest, r.Min)
	}
	if !slices.ContainsFunc(p.Ranges, func(r replicaRange) bool { return r.Max == nil }) {
		most = *slices.MaxFunc(p.Ranges, func(a, b replicaRange) int { return int(*a.Max) - int(*b.Max) }).Max
	}
	path := (*workload.Path)(nil).Child("spec", "replicas")
	f := invalid(path, replicas, "must be "+oneOf(names))
	switch {
	case replicas < fewest:
		return []Finding{f.below(float64(replicas)).fixedBy(workload.Add(path, fewest))}
	case replicas > most:
		return []Finding{f.above(float64(replicas)).fixedBy(workload.Add(path, most))}
	default: // neither more nor less is nearer to what must be
		return []Finding{f}
	}
}
