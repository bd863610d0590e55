package validators

import (
	"iter"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "readiness-probe",
	Summary: "long-running containers without a readiness probe",
	Doc: `
Without a readiness probe a Pod counts as ready as soon as its process runs. A
Service sends it requests that it cannot answer yet, and a rollout goes on over
a version that never will.

    readinessProbe:
      httpGet: {path: /healthz, port: http}

Native sidecars are checked too, as a Pod is ready only when they are. Pods that
run to their end (restartPolicy Never or OnFailure, as those of Jobs always
are) are not, and neither are plain init containers.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "require-probes"),
		params.Refs(params.Gatekeeper, "K8sRequiredProbes"),
		params.Refs(params.Polaris, "readinessProbeMissing"),
		params.Refs(params.KubeLinter, "no-readiness-probe"),
	),
	Resources: podsAndTemplates,
	New:       withoutParameters(onPods(mustBeProbedForReadiness)),
})

func mustBeProbedForReadiness(pod *workload.Pod) (findings []Finding) {
	for c := range longRunning(pod) {
		if c.ReadinessProbe == nil {
			findings = append(findings, required(c.Path().Child("readinessProbe"), "must be set").of(c))
		}
	}
	return findings
}

// longRunning are the containers that are meant to run for ever: those which
// are started again whatever they end with.
func longRunning(pod *workload.Pod) iter.Seq[workload.Container] {
	return func(yield func(workload.Container) bool) {
		if policy := pod.Spec.RestartPolicy; policy != "" && policy != corev1.RestartPolicyAlways {
			return
		}
		for c := range pod.Containers() {
			ends := c.RestartPolicy != nil && *c.RestartPolicy != corev1.ContainerRestartPolicyAlways
			if c.LongRunning() && !ends && !yield(c) {
				return
			}
		}
	}
}
