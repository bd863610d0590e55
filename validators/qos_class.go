package validators

import (
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "qos-class",
	Summary: "Pods of other QoS classes than these",
	Doc: `
When a node runs out of memory, Pods of class BestEffort are evicted first, and
those of class Guaranteed last. Kubernetes derives the class from requests and
limits of cpu and memory:

- BestEffort: no container has any.
- Guaranteed: every container, init containers among them, has limits of both,
  and requests that are equal to them or not set.
- Burstable: all else.

Where the whole Pod has resources (spec.resources), these alone decide.

    resources:
      requests: {cpu: 100m, memory: 128Mi}
      limits: {memory: 128Mi}
`,
	Severity:   Medium,
	References: params.Refs(params.Kyverno, "require-qos-burstable", "require-qos-guaranteed"),
	Resources:  podsAndTemplates,
	New:        newQOSClass,
})

type qosClassParameters struct {
	Allowed []corev1.PodQOSClass `json:"allowed" doc:"Classes that are allowed: Guaranteed, Burstable, BestEffort."`
}

func newQOSClass(decode params.Decode) (Validate, error) {
	p := qosClassParameters{Allowed: []corev1.PodQOSClass{corev1.PodQOSGuaranteed, corev1.PodQOSBurstable}}
	if err := decode(&p); err != nil {
		return nil, err
	}
	known := []corev1.PodQOSClass{corev1.PodQOSGuaranteed, corev1.PodQOSBurstable, corev1.PodQOSBestEffort}
	var mistakes field.ErrorList
	if len(p.Allowed) == 0 {
		mistakes = append(mistakes, field.Required(field.NewPath("allowed"), "must name a QoS class"))
	}
	names := make([]string, len(p.Allowed))
	for i, class := range p.Allowed {
		if !slices.Contains(known, class) {
			mistakes = append(mistakes, field.NotSupported(field.NewPath("allowed").Index(i), class, known))
		}
		names[i] = string(class)
	}
	detail := "must have requests and limits for QoS class " + oneOf(names)
	return onPods(func(pod *workload.Pod) []Finding {
		if class := qosClass(pod); !slices.Contains(p.Allowed, class) {
			return []Finding{notSupported(pod.SpecPath(), string(class), detail).above(p.distance(class))}
		}
		return nil
	}), mistakes.ToAggregate()
}

// distance is how many classes lie between a class and the nearest that is allowed.
func (p *qosClassParameters) distance(class corev1.PodQOSClass) float64 {
	ranks := []corev1.PodQOSClass{corev1.PodQOSGuaranteed, corev1.PodQOSBurstable, corev1.PodQOSBestEffort}
	nearest := unbounded
	for _, allowed := range p.Allowed {
		nearest = min(nearest, math.Abs(float64(slices.Index(ranks, class)-slices.Index(ranks, allowed))))
	}
	return nearest
}

// qosClass is the class that the API server will note in the Pod's status.
func qosClass(pod *workload.Pod) corev1.PodQOSClass {
	guaranteed, bestEffort := true, true
	for _, name := range [...]corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		var requests, limits resource.Quantity
		for a := range allotments(pod) {
			if request, _ := a.request(name); request.Sign() > 0 {
				requests.Add(request)
			}
			limit, limited := a.limit(name)
			if limited {
				limits.Add(limit)
			}
			guaranteed = guaranteed && limited
			if a.ofPod() {
				break
			}
		}
		guaranteed = guaranteed && requests.Cmp(limits) == 0
		bestEffort = bestEffort && requests.Sign() == 0 && limits.Sign() == 0
	}
	switch {
	case bestEffort:
		return corev1.PodQOSBestEffort
	case guaranteed:
		return corev1.PodQOSGuaranteed
	default:
		return corev1.PodQOSBurstable
	}
}
