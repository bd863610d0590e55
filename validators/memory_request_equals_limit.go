package validators

import (
	"math"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "memory-request-equals-limit",
	Summary: "containers whose memory request is not their memory limit",
	Doc: `
Memory, unlike cpu, cannot be taken back. A node whose containers may use more
than they have requested runs out of it some night, and the kernel kills those
that are above their requests, whoever leaked.

    resources:
      requests: {cpu: 100m, memory: 256Mi}
      limits: {memory: 256Mi}

A limit alone will do, as the API server takes it for the request. Where the
whole Pod has a memory request or limit (spec.resources), these are checked in
place of those of its containers. Where there is neither a request nor a limit,
nothing differs: that is for resource-requests and resource-limits.
`,
	Severity:   Low,
	References: params.Refs(params.Kyverno, "memory-requests-equal-limits"),
	Resources:  podsAndTemplates,
	New:        withoutParameters(onPods(mustRequestMemoryLimit)),
})

func mustRequestMemoryLimit(pod *workload.Pod) (findings []Finding) {
	for a := range allotments(pod) {
		request, requested := a.request(corev1.ResourceMemory)
		limit, limited := a.limit(corev1.ResourceMemory)
		switch {
		case request.Cmp(limit) == 0:
		case !limited:
			path := a.path("limits").Key(string(corev1.ResourceMemory))
			f := required(path, "must be set to the request of "+request.String()).about(a.path("memory")).above(unbounded).of(a.container)
			if !a.ofPod() { // or a container may be left with a limit above that of the Pod
				f.Fix = []workload.Operation{a.set("limits", corev1.ResourceMemory, request)}
			}
			findings = append(findings, f)
		default:
			path := a.path("requests").Key(string(corev1.ResourceMemory))
			findings = append(findings, invalid(path, request.String(), "must be equal to the limit of "+limit.String()).
				about(a.path("memory")).above(math.Abs(limit.AsApproximateFloat64()-request.AsApproximateFloat64())).of(a.container).fixedBy(a.set("requests", corev1.ResourceMemory, limit)))
		}
		if a.ofPod() && (requested || limited) {
			break
		}
	}
	return findings
}
