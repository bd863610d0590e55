package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "allowed-capabilities",
	Summary: "containers that add other capabilities than these",
	Doc: `
A capability is a part of root's power: SYS_ADMIN nearly all of it, SYS_PTRACE
the memory of other processes, NET_ADMIN the network of the Pod and, on the
host's network, that of the node.

Add what the application cannot do without, and no more. To listen on a port
below 1024, NET_BIND_SERVICE is enough, and listening on a higher one, with a
Service in front, needs nothing:

    securityContext:
      capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}

With an empty list none may be added. Ephemeral containers are checked too;
Windows has no capabilities.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.CIS, "5.2.9"),
		params.Refs(params.Kyverno, "restrict-adding-capabilities"),
		params.Refs(params.Gatekeeper, "K8sPSPCapabilities"),
		params.Refs(params.KRail, "pod_no_new_capabilities"),
	),
	Resources: podsAndTemplates,
	New:       newAllowedCapabilities,
})

type allowedCapabilities struct {
	Capabilities []corev1.Capability `json:"capabilities" doc:"Capabilities that may be added: names such as NET_BIND_SERVICE, or ALL for any."`
}

func newAllowedCapabilities(decode params.Decode) (Validate, error) {
	p := allowedCapabilities{Capabilities: []corev1.Capability{"NET_BIND_SERVICE"}}
	if err := decode(&p); err != nil {
		return nil, err
	}
	mistakes := checkCapabilities(p.Capabilities, field.NewPath("capabilities"))
	detail := "must not be added"
	if len(p.Capabilities) > 0 {
		detail = "must be " + oneOf(texts(p.Capabilities)) + ", as no other may be added"
	}
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		if pod.IsWindows() {
			return nil
		}
		for c := range pod.AllContainers() {
			for i, added := range capabilitiesOf(c).Add {
				if p.allows(added) {
					continue
				}
				path := c.Path().Child("securityContext", "capabilities", "add").Item(i, string(added))
				findings = append(findings, invalid(path, string(added), detail).of(c).fixedBy(workload.Remove(path)))
			}
		}
		return findings
	}), mistakes.ToAggregate()
}

func (p *allowedCapabilities) allows(added corev1.Capability) bool {
	for _, allowed := range p.Capabilities {
		if allowed == allCapabilities || sameCapability(allowed, added) {
			return true
		}
	}
	return false
}

// texts are names of any kind as plain strings.
func texts[T ~string](names []T) (plain []string) {
	for _, name := range names {
		plain = append(plain, string(name))
	}
	return plain
}
