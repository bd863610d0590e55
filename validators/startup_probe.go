package validators

import (
	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
)

var _ = register(Validator{
	Name:    "startup-probe",
	Summary: "long-running containers with a port and without a startup probe",
	Doc: `
A program that takes a minute to start is killed by its liveness probe before
it has, again and again. A startup probe keeps the others waiting until it
succeeds, so that these can be quick:

    startupProbe:
      httpGet: {path: /livez, port: http}
      failureThreshold: 30

Programs that start in seconds need none: ask it of those that do not. A
container that declares no port is not checked, unless it is asked for, and a
probe of any type will do, unless some are named:

    withoutPorts: true
    types: [httpGet, grpc]

Native sidecars are checked too. Pods that run to their end are not, and neither
are plain init containers.
`,
	Severity:   Low,
	References: params.Refs(params.Gatekeeper, "K8sRequiredProbes"),
	Resources:  podsAndTemplates,
	New:        newRequiredProbe("startupProbe", func(c *corev1.Container) *corev1.Probe { return c.StartupProbe }),
})
