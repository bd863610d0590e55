package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "allowed-host-namespaces",
	Summary: "Pods in other namespaces of the node than these: its network, processes or IPC",
	Doc: `
In the network of its node a Pod reaches what listens on localhost there, and
no network policy holds for it; among the processes it sees the environment of
all others; in the IPC namespace it shares their memory. pod-security takes the
three as one. Where some Pods need the network and none needs the others:

    allowed: [hostNetwork]

With an empty list all three are refused.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.CIS, "5.2.3", "5.2.4", "5.2.5"),
		params.Refs(params.Gatekeeper, "K8sPSPHostNamespace", "K8sPSPHostNetworkingPorts"),
		params.Refs(params.Polaris, "hostIPCSet", "hostNetworkSet", "hostPIDSet"),
		params.Refs(params.KubeLinter, "host-ipc", "host-network", "host-pid"),
		params.Refs(params.KRail, "pod_no_host_network", "pod_no_host_pid"),
	),
	Resources: podsAndTemplates,
	New:       newAllowedHostNamespaces,
})

type allowedHostNamespaces struct {
	Allowed []string `json:"allowed" doc:"Namespaces that Pods may share with their node: hostNetwork, hostPID, hostIPC."`
}

var hostNamespaces = []string{"hostNetwork", "hostPID", "hostIPC"}

func newAllowedHostNamespaces(decode params.Decode) (Validate, error) {
	var p allowedHostNamespaces
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	for i, name := range p.Allowed {
		if !slices.Contains(hostNamespaces, name) {
			mistakes = append(mistakes, field.NotSupported(field.NewPath("allowed").Index(i), name, hostNamespaces))
		}
	}
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for i, shared := range sharedWithHost(pod.Spec) {
			if !shared || slices.Contains(p.Allowed, hostNamespaces[i]) {
				continue
			}
			path := pod.SpecPath().Child(hostNamespaces[i])
			findings = append(findings, forbidden(path, "must not be true").fixedBy(workload.Remove(path)))
		}
		return findings
	}), mistakes.ToAggregate()
}

// sharedWithHost are the values of hostNamespaces, in their order.
func sharedWithHost(spec *corev1.PodSpec) [3]bool {
	return [...]bool{spec.HostNetwork, spec.HostPID, spec.HostIPC}
}
