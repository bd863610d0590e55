package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "ssh-port",
	Summary: "container port 22, that of SSH",
	Doc: `
A container with an SSH server has users, keys and sessions that no role of the
cluster governs and no audit log names. Whoever is let in once comes back.

Take the server out of the image. kubectl exec, port-forward, cp and debug do
the same, for those whom RBAC allows it.

Port 22 of TCP is refused; UDP and SCTP have no SSH.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.KubeLinter, "ssh-port"),
	),
	Resources: podsAndTemplates,
	New:       withoutParameters(onPods(mustNotServeSSH)),
})

func mustNotServeSSH(pod *workload.Pod) (findings []Finding) {
	for c := range pod.Containers() {
		for i, port := range c.Ports {
			if port.ContainerPort == 22 && (port.Protocol == "" || port.Protocol == corev1.ProtocolTCP) {
				path := c.Path().Child("ports").Item(i, port.Name).Child("containerPort")
				findings = append(findings, invalid(path, port.ContainerPort, "must not be the port of SSH").of(c))
			}
		}
	}
	return findings
}
