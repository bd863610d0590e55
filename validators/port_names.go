package validators

import (
	"strconv"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "port-names",
	Summary: "ports of containers without a name",
	Doc: `
Services, probes, network policies and monitors may refer to a port by its
name. Then its number is written once, and may change from one version to the
next while both run.

    ports:
    - {name: http, containerPort: 8080}
`,
	Severity:   Low,
	References: params.Refs(params.Kyverno, "require-container-port-names"),
	Resources:  podsAndTemplates,
	New:        withoutParameters(onPods(mustNamePorts)),
})

func mustNamePorts(pod *workload.Pod) (findings []Finding) {
	for c := range pod.Containers() {
		for i := range c.Ports {
			if c.Ports[i].Name != "" {
				continue
			}
			number := strconv.Itoa(int(c.Ports[i].ContainerPort))
			path := c.Path().Child("ports").Item(i, number).Child("name")
			findings = append(findings, required(path, "must be set for port "+number).of(c))
		}
	}
	return findings
}
