package validators

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "resource-bounds",
	Summary: "requests or limits that are too small or too large",
	Doc: `
A container that requests more than a node has never starts; one with a typo
(128m of memory, an eighth of a byte) is killed as soon as it does; and one
with a limit of 500Gi has none in truth.

    min: {cpu: 10m, memory: 16Mi}
    max: {cpu: "8", memory: 32Gi, nvidia.com/gpu: "1"}

Requests and limits are held to the same bounds, and so are the resources of
the whole Pod (spec.resources). Bounds of one of the two hold beside these:

    requests: {max: {cpu: "2"}}
    limits: {max: {cpu: "4"}}

What is not set is not evaluated: that is for
resource-requests and resource-limits.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Gatekeeper, "K8sContainerLimits", "K8sContainerRequests"),
		params.Refs(params.Polaris, "cpuRequestRanges", "cpuLimitRanges", "memoryRequestRanges", "memoryLimitRanges"),
	),
	Resources: podsAndTemplates,
	New:       newResourceBounds,
})

type resourceBounds struct {
	Min map[corev1.ResourceName]params.Quantity `json:"min" doc:"The least of each resource."`
	Max map[corev1.ResourceName]params.Quantity `json:"max" doc:"The most of each resource."`

	Requests minMax `json:"requests" doc:"The same for requests alone."`
	Limits   minMax `json:"limits" doc:"The same for limits alone."`
}

// minMax is a parameter: bounds by resource.
type minMax struct {
	Min map[corev1.ResourceName]params.Quantity `json:"min,omitempty"`
	Max map[corev1.ResourceName]params.Quantity `json:"max,omitempty"`
}

func newResourceBounds(decode params.Decode) (Validate, error) {
	var p resourceBounds
	if err := decode(&p); err != nil {
		return nil, err
	}
	bounds, mistakes := minMax{p.Min, p.Max}.compile(nil)
	ofRequests, wrong := p.Requests.compile(field.NewPath("requests"))
	ofLimits, wrongToo := p.Limits.compile(field.NewPath("limits"))
	if len(bounds)+len(ofRequests)+len(ofLimits) == 0 {
		mistakes = append(mistakes, field.Required(field.NewPath("min"), "must name a resource, or max must"))
	}
	mistakes = append(append(mistakes, wrong...), wrongToo...)
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for a := range allotments(pod) {
			for i := range bounds {
				findings = bounds[i].evaluate(a, findings)
			}
			for i := range ofRequests {
				findings = ofRequests[i].evaluateRequest(a, findings)
			}
			for i := range ofLimits {
				findings = ofLimits[i].evaluateLimit(a, findings)
			}
		}
		return findings
	}), mistakes.ToAggregate()
}

type resourceBound struct {
	name     corev1.ResourceName
	min, max *resource.Quantity
}

func (p minMax) compile(at *field.Path) (bounds []resourceBound, mistakes field.ErrorList) {
	atMin, atMax := at.Child("min"), at.Child("max")
	names := slices.AppendSeq(slices.Collect(maps.Keys(p.Min)), maps.Keys(p.Max))
	slices.Sort(names)
	names = slices.Compact(names)
	for _, name := range names {
		smallest, wrong := bound(p.Min[name], atMin.Key(string(name)))
		largest, wrongToo := bound(p.Max[name], atMax.Key(string(name)))
		mistakes = append(append(mistakes, wrong...), wrongToo...)
		if !slices.Contains(requestable, name) && !strings.Contains(string(name), "/") {
			at := atMax
			if _, there := p.Min[name]; there {
				at = atMin
			}
			mistakes = append(mistakes, field.Invalid(at, name, "must be cpu, memory, ephemeral-storage or a resource such as example.com/gpu"))
		}
		if smallest != nil && largest != nil && smallest.Cmp(*largest) > 0 {
			mistakes = append(mistakes, field.Invalid(atMin.Key(string(name)), string(p.Min[name]), "must not be above max"))
		}
		bounds = append(bounds, resourceBound{name, smallest, largest})
	}
	return bounds, mistakes
}

func (b *resourceBound) evaluate(a allotment, findings []Finding) []Finding {
	limit, limited := a.limit(b.name)
	if limited {
		findings = b.compare(a, "limits", "bounds", limit, findings)
	}
	// The API server takes the limit for a request that is not set: what is equal is told once.
	if request, set := a.Requests[b.name]; set && (!limited || request.Cmp(limit) != 0) {
		findings = b.compare(a, "requests", "bounds", request, findings)
	}
	return findings
}

// evaluateRequest evaluates what will be requested: the API server takes the limit for a request
// that is not set.
func (b *resourceBound) evaluateRequest(a allotment, findings []Finding) []Finding {
	request, set := a.Requests[b.name]
	limit, limited := a.limit(b.name)
	switch found := len(findings); {
	case set:
		return b.compare(a, "requests", "bounds of requests", request, findings)
	case limited:
		findings = b.compare(a, "requests", "bounds of requests", limit, findings)
		for i := range findings[found:] {
			findings[found+i] = findings[found+i].isDefault(true)
		}
	}
	return findings
}

func (b *resourceBound) evaluateLimit(a allotment, findings []Finding) []Finding {
	if limit, limited := a.limit(b.name); limited {
		return b.compare(a, "limits", "bounds of limits", limit, findings)
	}
	return findings
}

func (b *resourceBound) compare(a allotment, list, about string, is resource.Quantity, findings []Finding) []Finding {
	low := b.min != nil && is.Cmp(*b.min) < 0
	if !low && (b.max == nil || is.Cmp(*b.max) <= 0) {
		return findings
	}
	path, amount := a.path(list).Key(string(b.name)), is.AsApproximateFloat64()
	f := invalid(path, is.String(), "")
	if low {
		f.Detail = "must be at least " + b.min.String()
		f = f.below(amount)
	} else {
		f.Detail = "must be at most " + b.max.String()
		f = f.above(amount)
	}
	// A limit that was equal to the request was told once, and may be lowered to two.
	return append(findings, f.of(a.container).about(a.path(about).Key(string(b.name))).shared())
}
