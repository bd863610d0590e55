package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "liveness-probe",
	Summary: "long-running containers without a liveness probe",
	Doc: `
A process that hangs still runs, and nothing starts it again: without a liveness
probe the container stays as it is until somebody notices.

    livenessProbe:
      httpGet: {path: /livez, port: http}
      failureThreshold: 6

Ask the process about itself only. A probe that asks a database too restarts
every replica when the database is slow.

Native sidecars are checked too. Pods that run to their end (restartPolicy Never
or OnFailure, as those of Jobs always are) are not, and neither are plain init
containers.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "require-probes"),
		params.Refs(params.Gatekeeper, "K8sRequiredProbes"),
		params.Refs(params.Polaris, "livenessProbeMissing"),
		params.Refs(params.KubeLinter, "no-liveness-probe"),
	),
	Resources: podsAndTemplates,
	New:       withoutParameters(onPods(mustBeProbedForLiveness)),
})

func mustBeProbedForLiveness(pod *workload.Pod) (findings []Finding) {
	for c := range longRunning(pod) {
		if c.LivenessProbe == nil {
			findings = append(findings, required(c.Path().Child("livenessProbe"), "must be set").of(c))
		}
	}
	return findings
}
