package validators

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "limit-request-ratio",
	Summary: "limits that are more than so many times the request",
	Doc: `
The scheduler fills a node by what is requested, and containers use up to their
limits. Where limits are many times the requests, a node is full long before
the scheduler knows, and the kernel kills what it likes.

    cpu: 10
    memory: 1.5

A request that is not set is equal to the limit, as the API server sets it. A
request of zero is below any ratio. The resources of the whole Pod
(spec.resources) are checked too. Without a limit there is no ratio: that is for
resource-limits.
`,
	Severity: Low,
	References: slices.Concat(
		params.Refs(params.Kyverno, "enforce-resources-as-ratio"),
		params.Refs(params.Gatekeeper, "K8sContainerRatios"),
	),
	Resources: podsAndTemplates,
	New:       newLimitRequestRatio,
})

type limitRequestRatio struct {
	CPU    *float64 `json:"cpu" doc:"How many times the request a cpu limit may be."`
	Memory *float64 `json:"memory" doc:"How many times the request a memory limit may be."`
}

func newLimitRequestRatio(decode params.Decode) (Validate, error) {
	var p limitRequestRatio
	if err := decode(&p); err != nil {
		return nil, err
	}
	ratios, mistakes := p.compile()
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for a := range allotments(pod) {
			for i := range ratios {
				if f, above := ratios[i].evaluate(a); above {
					findings = append(findings, f)
				}
			}
		}
		return findings
	}), mistakes.ToAggregate()
}

type ratio struct {
	name corev1.ResourceName
	most float64
}

func (p limitRequestRatio) compile() (ratios []ratio, mistakes field.ErrorList) {
	if p.CPU == nil && p.Memory == nil {
		mistakes = append(mistakes, field.Required(field.NewPath("cpu"), "must be set, or memory must"))
	}
	for _, r := range []struct {
		name corev1.ResourceName
		most *float64
	}{{corev1.ResourceCPU, p.CPU}, {corev1.ResourceMemory, p.Memory}} {
		if r.most == nil {
			continue
		}
		if *r.most < 1 {
			mistakes = append(mistakes, field.Invalid(field.NewPath(string(r.name)), *r.most, "must be at least 1"))
		}
		ratios = append(ratios, ratio{r.name, *r.most})
	}
	return ratios, mistakes
}

func (r *ratio) evaluate(a allotment) (f Finding, above bool) {
	limit, limited := a.limit(r.name)
	request, _ := a.request(r.name)
	// Binary fractions of decimal quantities are a little off.
	const nearly = 1e-9
	if !limited || limit.AsApproximateFloat64() <= request.AsApproximateFloat64()*r.most*(1+nearly) {
		return f, false
	}
	detail := fmt.Sprintf("must be at most %v times the request", r.most)
	value := limit.String() + "/" + request.String()
	return invalid(a.path("limits").Key(string(r.name)), value, detail).above(limit.AsApproximateFloat64() / request.AsApproximateFloat64()).of(a.container), true
}
