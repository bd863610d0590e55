package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "resource-requests",
	Summary: "containers that do not request cpu or memory",
	Doc: `
The scheduler places Pods by what they request. A container that requests
nothing is placed anywhere, starves its neighbours, and is the first to be
killed when the node runs out of memory.

    resources:
      requests: {cpu: 100m, memory: 128Mi}

A limit counts, as the API server takes it for a request that is not set, and
so do the resources of the whole Pod (spec.resources). A request of zero is
none. Init containers are checked too; ephemeral containers cannot request.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "require-pod-requests-limits"),
		params.Refs(params.Gatekeeper, "K8sRequiredResources", "K8sContainerRequests"),
		params.Refs(params.Polaris, "cpuRequestsMissing", "memoryRequestsMissing"),
		params.Refs(params.KubeLinter, "unset-cpu-requirements"),
	),
	Resources: podsAndTemplates,
	New:       newResourceRequests,
})

// requestable are the resources that every node has.
var requestable = []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage}

type resourceRequests struct {
	Resources []corev1.ResourceName `json:"resources" doc:"Resources that must be requested: cpu, memory, ephemeral-storage."`
}

func newResourceRequests(decode params.Decode) (Validate, error) {
	p := resourceRequests{Resources: []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory}}
	if err := decode(&p); err != nil {
		return nil, err
	}
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for c := range pod.Containers() {
			for _, name := range p.Resources {
				if requests(&c.Resources, name) || pod.Spec.Resources != nil && requests(pod.Spec.Resources, name) {
					continue
				}
				path := c.Path().Child("resources", "requests").Key(string(name))
				findings = append(findings, required(path, "must be set to more than 0").of(c))
			}
		}
		return findings
	}), checkResourceNames(p.Resources).ToAggregate()
}

func checkResourceNames(names []corev1.ResourceName) (mistakes field.ErrorList) {
	at := field.NewPath("resources")
	if len(names) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a resource"))
	}
	for i, name := range names {
		if !slices.Contains(requestable, name) {
			mistakes = append(mistakes, field.NotSupported(at.Index(i), name, requestable))
		}
	}
	return mistakes
}

// requests tells whether a resource is requested, by the request itself or by
// the limit that the API server takes for one.
func requests(r *corev1.ResourceRequirements, name corev1.ResourceName) bool {
	quantity, set := r.Requests[name]
	if !set {
		quantity = r.Limits[name]
	}
	return !quantity.IsZero()
}
