package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "privileged-ports",
	Summary: "container ports below 1024",
	Doc: `
On the host's network, and in other places that keep to the old rule, only root
listens on a port below 1024. Such a port is why many an image still runs as
root.

Listen on a higher port, and let the Service translate:

    ports: [{name: http, containerPort: 8080}]

    kind: Service
    spec:
      ports: [{name: http, port: 80, targetPort: http}]
`,
	Severity: Low,
	References: slices.Concat(
		params.Refs(params.KubeLinter, "privileged-ports"),
	),
	Resources: podsAndTemplates,
	New:       withoutParameters(onPods(mustListenOnHighPorts)),
})

func mustListenOnHighPorts(pod *workload.Pod) (findings []Finding) {
	for c := range pod.Containers() {
		for i, port := range c.Ports {
			if port.ContainerPort < 1024 {
				path := c.Path().Child("ports").Item(i, port.Name).Child("containerPort")
				findings = append(findings, invalid(path, port.ContainerPort, "must be 1024 or above").of(c))
			}
		}
	}
	return findings
}
