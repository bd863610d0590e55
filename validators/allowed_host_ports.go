package validators

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "allowed-host-ports",
	Summary: "ports of the node outside these ranges",
	Doc: `
A hostPort takes a port of every node that the Pod runs on: no second replica
fits there, and what listens can be reached past Services and network policies.
Where some Pods need one, give them a range that firewalls know:

    ranges: [{min: 9100, max: 9110}, {min: 9200, max: 9200}]

With no range, no port of the node may be taken. On the host's network every
port that a container declares is one of the node.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.CIS, "5.2.13"),
		params.Refs(params.Kyverno, "disallow-host-ports-range"),
		params.Refs(params.Gatekeeper, "K8sPSPHostNetworkingPorts"),
		params.Refs(params.Polaris, "hostPortSet"),
	),
	Resources: podsAndTemplates,
	New:       newAllowedHostPorts,
})

type allowedHostPorts struct {
	Ranges []portRange `json:"ranges" doc:"Ranges of ports of the node that containers may take."`
}

// portRange is a parameter: a range of ports, both ends included.
type portRange struct {
	Min int32 `json:"min"`
	Max int32 `json:"max"`
}

func (r portRange) String() string {
	if r.Min == r.Max {
		return strconv.Itoa(int(r.Min))
	}
	return fmt.Sprintf("%d to %d", r.Min, r.Max)
}

func newAllowedHostPorts(decode params.Decode) (Validate, error) {
	var p allowedHostPorts
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	var names []string
	for i, r := range p.Ranges {
		at := field.NewPath("ranges").Index(i)
		if wrongPortNumber(r.Min) != "" {
			mistakes = append(mistakes, field.Invalid(at.Child("min"), r.Min, "must be a port"))
		}
		if r.Max < r.Min || wrongPortNumber(r.Max) != "" {
			mistakes = append(mistakes, field.Invalid(at.Child("max"), r.Max, "must be a port that is not below min"))
		}
		names = append(names, r.String())
	}
	detail := "must not be set"
	if len(names) > 0 {
		detail = "must be " + oneOf(names)
	}
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for c := range pod.Containers() {
			for i, port := range c.Ports {
				taken := port.HostPort
				if taken == 0 && pod.Spec.HostNetwork { // the API server sets the one to the other
					taken = port.ContainerPort
				}
				if taken == 0 || p.allows(taken) {
					continue
				}
				path := c.Path().Child("ports").Item(i, port.Name).Child("hostPort")
				// Once an API server has seen the Pod, nobody can tell who has set it.
				byDefault := pod.Spec.HostNetwork && taken == port.ContainerPort
				f := invalid(path, taken, detail).isDefault(byDefault).of(c).about(c.Path().Child("ports")).spansLater(takenOfNode(port, taken))
				if !pod.Spec.HostNetwork {
					f = f.fixedBy(workload.Remove(path))
				}
				findings = append(findings, f)
			}
		}
		return findings
	}), mistakes.ToAggregate()
}

func (p *allowedHostPorts) allows(port int32) bool {
	return slices.ContainsFunc(p.Ranges, func(r portRange) bool { return r.Min <= port && port <= r.Max })
}

// takenOfNode is what a port takes of the node: without an address, all of them.
func takenOfNode(port corev1.ContainerPort, number int32) func() []part {
	return func() []part {
		parts := []part{holds("port", fmt.Sprintf("%d/%s", number, cmp.Or(port.Protocol, corev1.ProtocolTCP)))}
		if port.HostIP != "" && port.HostIP != "0.0.0.0" && port.HostIP != "::" {
			parts = append(parts, holds("address", port.HostIP))
		}
		return parts
	}
}
