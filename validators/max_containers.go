package validators

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "max-containers",
	Summary: "Pods of more than 10 containers",
	Doc: `
The containers of a Pod are placed together, scaled together and replaced
together. A Pod of many is several applications that should be apart, and one
that no node has room for.

Give each application a Deployment of its own. Init containers and native
sidecars are counted; ephemeral containers are not, so that every Pod can be
debugged.
`,
	Severity: Low,
	References: slices.Concat(
		params.Refs(params.Kyverno, "limit-containers-per-pod"),
	),
	Resources: podsAndTemplates,
	New:       newMaxContainers,
})

type maxContainers struct {
	Max int `json:"max" doc:"How many containers a Pod may have, init containers included."`
}

func newMaxContainers(decode params.Decode) (Validate, error) {
	p := maxContainers{Max: 10}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	if p.Max < 1 {
		mistakes = append(mistakes, field.Invalid(field.NewPath("max"), p.Max, "must be 1 or more"))
	}
	detail := fmt.Sprintf("must be %d containers at most, init containers included", p.Max)
	return onPods(func(pod *workload.Pod) []Finding {
		if n := len(pod.Spec.InitContainers) + len(pod.Spec.Containers); n > p.Max {
			return []Finding{invalid(pod.SpecPath().Child("containers"), n, detail).above(float64(n))}
		}
		return nil
	}), mistakes.ToAggregate()
}
