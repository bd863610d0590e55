package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
)

var _ = register(Validator{
	Name:    "readiness-probe",
	Summary: "long-running containers with a port and without a readiness probe",
	Doc: `
Without a readiness probe a Pod counts as ready as soon as its process runs. A
Service sends it requests that it cannot answer yet, and a rollout goes on over
a version that never will.

    readinessProbe:
      httpGet: {path: /healthz, port: http}

A container that declares no port is taken for a worker, with which nobody talks
and which has nothing to probe. To have these checked too:

    withoutPorts: true

A probe of any type will do, unless some are named:

    types: [httpGet, grpc]

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
	New:       newRequiredProbe("readinessProbe", func(c *corev1.Container) *corev1.Probe { return c.ReadinessProbe }),
})
