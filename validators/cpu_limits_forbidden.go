package validators

import (
	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "cpu-limits-forbidden",
	Summary: "containers and Pods with a cpu limit",
	Doc: `
A cpu limit holds a container back even while its node is idle: requests time
out, probes fail, and nothing is gained, as cpu requests share a busy node
fairly already. Memory is another matter: limit it.

    resources:
      requests: {cpu: 100m, memory: 128Mi}
      limits: {memory: 128Mi}

Where a limit stood for the request, set the request in its place. A LimitRange
with a default cpu limit gives one to every container: remove it there. Pods
that need cores of their own (the static CPU manager) do need a limit; exempt
them.
`,
	Severity:   Low,
	References: params.Refs(params.Kyverno, "forbid-cpu-limits"),
	Resources:  podsAndTemplates,
	New:        withoutParameters(onPods(mustNotLimitCPU)),
})

func mustNotLimitCPU(pod *workload.Pod) (findings []Finding) {
	for a := range allotments(pod) {
		limit, limited := a.limit(corev1.ResourceCPU)
		if !limited {
			continue
		}
		path := a.path("limits").Key(string(corev1.ResourceCPU))
		fix := []workload.Operation{workload.Remove(path)}
		if request, set := a.Requests[corev1.ResourceCPU]; (!set || request.Equal(limit)) && !a.ofPod() {
			// The API server takes the limit for the request that is not set, and nobody can tell
			// whether it has.
			fix = append(fix, a.set("requests", corev1.ResourceCPU, limit))
		}
		// The lower the limit, the more it throttles.
		findings = append(findings, forbidden(path, "must not be set").of(a.container).below(limit.AsApproximateFloat64()).fixedBy(fix...))
	}
	return findings
}
