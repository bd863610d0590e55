package validators

import (
	"net/netip"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "service-external-ips",
	Summary: "Services with externalIPs",
	Doc: `
Nobody proves that an external IP is theirs. Whoever may create a Service can
name any address, and every node then sends the cluster's traffic for that
address to them (CVE-2020-8554).

Use a Service of type LoadBalancer, an Ingress or a Gateway, whose addresses
the platform gives out. Where external IPs are needed, allow those that are
yours:

    allowedIPs: [192.0.2.10, 198.51.100.0/28]

The addresses in a Service's status (status.loadBalancer.ingress) are the second
way to the same: nodes send their traffic to the Service, and whoever may update
services/status may write them. What is there already stays. New addresses that
are not allowed must come from a controller of load balancers: what runs in
kube-system and the cloud controller manager always may write them, and the
usual ones need not be named (MetalLB, Cilium, PureLB, OpenELB, Calico,
Tailscale, k3s and RKE2, GKE, EKS, OpenShift, vSphere). A list of your own, of
users and groups, takes the place of these:

    loadBalancers: ["system:serviceaccount:lb:controller"]
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.CVE, "CVE-2020-8554"),
		params.Refs(params.Kyverno, "restrict-service-external-ips"),
		params.Refs(params.Gatekeeper, "K8sExternalIPs"),
		params.Refs(params.KRail, "service_no_external_ip"),
	),
	Resources: only(`object.?spec.?externalIPs.hasValue() || request.?subResource.orValue("") == "status"`, reading(Status, services...)...),
	New:       newServiceExternalIPs,
})

type serviceExternalIPs struct {
	AllowedIPs    []string `json:"allowedIPs" doc:"Addresses and networks (CIDR) that are allowed."`
	LoadBalancers []string `json:"loadBalancers" doc:"Users and groups, besides kube-system and the cloud controller manager, who may write addresses into a Service's status."`
}

func newServiceExternalIPs(decode params.Decode) (Validate, error) {
	p := serviceExternalIPs{LoadBalancers: knownLoadBalancers()}
	if err := decode(&p); err != nil {
		return nil, err
	}
	allowed, mistakes := parseNetworks(p.AllowedIPs, field.NewPath("allowedIPs"))
	detail := "must not be set"
	if len(p.AllowedIPs) > 0 {
		detail = "must be in " + oneOf(p.AllowedIPs)
	}
	return func(r *workload.Review) (findings []Finding) {
		service, ok := r.Object.(*corev1.Service)
		if !ok {
			return nil
		}
		var exposed func() []part // which the findings have in common
		for i, ip := range service.Spec.ExternalIPs {
			if !inAny(allowed, ip) {
				if exposed == nil {
					exposed = sync.OnceValue(func() []part { return exposure(service) })
				}
				path := (*workload.Path)(nil).Child("spec", "externalIPs").Item(i, ip)
				findings = append(findings, invalid(path, ip, detail).spansLater(exposed).fixedBy(workload.Remove(path)))
			}
		}
		return append(findings, p.evaluateStatus(r, service, allowed)...)
	}, mistakes.ToAggregate()
}

func parseNetworks(texts []string, at *field.Path) (networks []netip.Prefix, mistakes field.ErrorList) {
	for i, text := range texts {
		network, err := parseNetwork(text)
		if err != nil {
			mistakes = append(mistakes, field.Invalid(at.Index(i), text, "must be an IP address or a network in CIDR notation"))
		}
		networks = append(networks, network)
	}
	return networks, mistakes
}

func parseNetwork(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		return netip.ParsePrefix(text)
	}
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return ip.Unmap().Prefix(ip.Unmap().BitLen())
}

// inAny tells whether an address is in one of the networks. One that netip does
// not read is in none: 010.0.0.1 is 10.0.0.1 to some and 8.0.0.1 to others.
func inAny(networks []netip.Prefix, text string) bool {
	ip, err := netip.ParseAddr(text)
	return err == nil && slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(ip.Unmap()) })
}
