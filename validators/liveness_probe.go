package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
)

var _ = register(Validator{
	Name:    "liveness-probe",
	Summary: "long-running containers with a port and without a liveness probe",
	Doc: `
A process that hangs still runs, and nothing starts it again: without a liveness
probe the container stays as it is until somebody notices.

    livenessProbe:
      httpGet: {path: /livez, port: http}
      failureThreshold: 6

Ask the process about itself only. A probe that asks a database too restarts
every replica when the database is slow.

A container that declares no port is taken for a worker, with which nobody talks
and which has nothing to probe. To have these checked too:

    withoutPorts: true

A probe of any type will do, unless some are named:

    types: [httpGet, grpc]

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
	New:       newRequiredProbe("livenessProbe", func(c *corev1.Container) *corev1.Probe { return c.LivenessProbe }),
})
