package mutators

import (
	"math"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "default-resource-limits",
	Summary: "sets the limits that containers lack",
	Doc: `A container without a memory limit takes what the node has, and the kernel then
kills whatever it likes, not the one that leaks. A limit for each container
keeps the damage where it is done. Cpu limits slow containers down that could
run, so set one only where you must.

    memory: 256Mi
    memoryRatio: 1.5

A resource is left alone where the container has a limit, and where the Pod as a
whole has one or requests it (spec.resources). A limit is never below the
request: where the request is more, it is the limit. With memoryRatio the limit
is a multiple of the request, and memory holds for containers that request none.

A container that requests nothing has its limit for a request, as Kubernetes has
it. Where default-resource-requests is in force too, the requests are set first,
and limits are set with regard to them.`,
	Last: true,
	New:  newResourceLimits,
})

type resourceLimits struct {
	CPU         params.Quantity `json:"cpu" doc:"the limit; empty or 0 sets none"`
	Memory      params.Quantity `json:"memory" doc:"the limit; empty or 0 sets none"`
	MemoryRatio float64         `json:"memoryRatio" doc:"the memory limit as a multiple of the memory request, such as 1.5"`
}

func newResourceLimits(decode params.Decode) (Mutate, error) {
	var p resourceLimits
	if err := decode(&p); err != nil {
		return nil, err
	}
	cpu, mistakes := p.CPU.Parse(field.NewPath("cpu"))
	memory, wrong := p.Memory.Parse(field.NewPath("memory"))
	mistakes = append(mistakes, wrong...)
	if p.MemoryRatio != 0 && p.MemoryRatio < 1 {
		mistakes = append(mistakes, field.Invalid(field.NewPath("memoryRatio"), p.MemoryRatio, "must be 1 or more"))
	}
	if p == (resourceLimits{}) {
		mistakes = append(mistakes, field.Required(field.NewPath("memory"), "must be set, or memoryRatio or cpu"))
	}
	return func(r *workload.Review) {
		for c := range r.Pod.Containers() {
			setLimit(c, corev1.ResourceCPU, cpu, 0)
			setLimit(c, corev1.ResourceMemory, memory, p.MemoryRatio)
		}
	}, mistakes.ToAggregate()
}

func setLimit(c workload.Container, name corev1.ResourceName, limit resource.Quantity, ratio float64) {
	if pod := c.Pod().Spec.Resources; pod != nil && says(pod, name) {
		return
	}
	request := c.Resources.Requests[name]
	if ratio > 0 && !request.IsZero() {
		limit = multiple(request, ratio)
	}
	if limit.IsZero() {
		return
	}
	if limit.Cmp(request) < 0 {
		limit = request
	}
	c.SetResourceLimit(name, limit)
}

// multiple of a quantity, in whole bytes.
func multiple(q resource.Quantity, ratio float64) resource.Quantity {
	product := math.Ceil(float64(q.Value()) * ratio)
	if product >= math.MaxInt64 {
		return q
	}
	return *resource.NewQuantity(int64(product), q.Format)
}
