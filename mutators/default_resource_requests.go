package mutators

import (
	"path"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "default-resource-requests",
	Summary: "sets the requests that containers lack",
	Doc: `A container without requests is scheduled as if it needed nothing: nodes fill
up, and it is the first to be starved of cpu and evicted for memory.

A resource is left alone where the container has a request or a limit, which
Kubernetes makes the request, and where the Pod has one (spec.resources).

Sidecars that a mesh injects need less or more than the rest: containers names
them, and the first pattern that matches a container's name counts.`,
	References: params.Refs(params.Kyverno, "add-default-resources"),
	New:        newResourceRequests,
})

type resourceRequests struct {
	CPU              params.Quantity         `json:"cpu" doc:"the request; empty or 0 sets none"`
	Memory           params.Quantity         `json:"memory" doc:"the request; empty or 0 sets none"`
	EphemeralStorage params.Quantity         `json:"ephemeralStorage" doc:"the request; empty or 0 sets none"`
	Containers       []namedResourceRequests `json:"containers" doc:"other requests for containers by name or pattern, such as istio-*; what one leaves out is as above"`
}

type namedResourceRequests struct {
	Name             string           `json:"name"`
	CPU              *params.Quantity `json:"cpu"`
	Memory           *params.Quantity `json:"memory"`
	EphemeralStorage *params.Quantity `json:"ephemeralStorage"`
}

// requestable are the resources that have a parameter.
var requestable = [...]struct {
	parameter string
	name      corev1.ResourceName
}{
	{"cpu", corev1.ResourceCPU},
	{"memory", corev1.ResourceMemory},
	{"ephemeralStorage", corev1.ResourceEphemeralStorage},
}

// requests are in the order of requestable; zero sets none.
type requests [len(requestable)]resource.Quantity

// requestRule holds the requests of containers whose name matches a pattern.
type requestRule struct {
	pattern string
	requests
}

func newResourceRequests(decode params.Decode) (Mutate, error) {
	p := resourceRequests{CPU: "100m", Memory: "128Mi"}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var others requests
	mistakes := others.set(nil, &p.CPU, &p.Memory, &p.EphemeralStorage)
	rules := make([]requestRule, len(p.Containers))
	for i, c := range p.Containers {
		at := field.NewPath("containers").Index(i)
		if _, err := path.Match(c.Name, ""); err != nil || c.Name == "" {
			mistakes = append(mistakes, field.Invalid(at.Child("name"), c.Name, "must be a name or a pattern, such as istio-*"))
		}
		rules[i] = requestRule{c.Name, others}
		mistakes = append(mistakes, rules[i].set(at, c.CPU, c.Memory, c.EphemeralStorage)...)
	}
	return func(r *workload.Review) {
		for c := range r.Pod.Containers() {
			for i, request := range requestsFor(c, rules, &others) {
				if name := requestable[i].name; !request.IsZero() && !decided(c, name) {
					c.SetResourceRequest(name, request)
				}
			}
		}
	}, mistakes.ToAggregate()
}

// set parses quantities in the order of requestable; nil leaves what is there.
func (r *requests) set(at *field.Path, quantities ...*params.Quantity) (mistakes field.ErrorList) {
	for i, q := range quantities {
		if q == nil {
			continue
		}
		var wrong field.ErrorList
		r[i], wrong = q.Parse(at.Child(requestable[i].parameter))
		mistakes = append(mistakes, wrong...)
	}
	return mistakes
}

func requestsFor(c workload.Container, rules []requestRule, others *requests) *requests {
	for i := range rules {
		if matched, _ := path.Match(rules[i].pattern, c.Name); matched {
			return &rules[i].requests
		}
	}
	return others
}

// decided tells whether the container or its Pod says something of a resource.
func decided(c workload.Container, name corev1.ResourceName) bool {
	pod := c.Pod().Spec.Resources
	return says(&c.Resources, name) || pod != nil && says(pod, name)
}

func says(r *corev1.ResourceRequirements, name corev1.ResourceName) bool {
	_, requested := r.Requests[name]
	_, limited := r.Limits[name]
	return requested || limited
}
