package validators

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "service-node-port",
	Summary: "Services of type NodePort",
	Doc: `
A node port is open on every address of every node, past the load balancers and
the firewall rules that are in front of them, and network policies see the node
where the client was.

Write a Service of type ClusterIP and let an Ingress, a Gateway or a Service of
type LoadBalancer lead to it:

    spec:
      type: ClusterIP

The node ports that a LoadBalancer allocates for itself are not checked: set
allocateLoadBalancerNodePorts: false where the load balancer needs none.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "restrict-node-port"),
		params.Refs(params.Gatekeeper, "K8sBlockNodePort"),
		params.Refs(params.KubeLinter, "exposed-services"),
	),
	Resources: only(ofType(corev1.ServiceTypeNodePort), services...),
	New:       withoutParameters(mustNotBeNodePort),
})

var services = []Resource{written(corev1.SchemeGroupVersion, "services")}

// ofType is true of Services of a type.
func ofType(t corev1.ServiceType) string {
	return fmt.Sprintf(`object.?spec.?type.orValue("") == %q`, t)
}

func mustNotBeNodePort(r *workload.Review) []Finding {
	service, ok := r.Object.(*corev1.Service)
	if !ok || service.Spec.Type != corev1.ServiceTypeNodePort {
		return nil
	}
	spec := (*workload.Path)(nil).Child("spec")
	// What a ClusterIP must not have goes with the type.
	fix := []workload.Operation{workload.Replace(spec.Child("type"), corev1.ServiceTypeClusterIP)}
	if service.Spec.ExternalTrafficPolicy != "" {
		fix = append(fix, workload.Remove(spec.Child("externalTrafficPolicy")))
	}
	for i, port := range service.Spec.Ports {
		if port.NodePort != 0 {
			fix = append(fix, workload.Remove(spec.Child("ports").Item(i, port.Name).Child("nodePort")))
		}
	}
	return []Finding{invalid(spec.Child("type"), string(service.Spec.Type), "must not be NodePort").
		spansLater(func() []part { return exposure(service) }).fixedBy(fix...)}
}
