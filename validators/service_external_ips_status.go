package validators

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// knownLoadBalancers are who writes the addresses of load balancers, as charts, manifests and
// clouds name them. What runs in kube-system is not among them: it always may.
func knownLoadBalancers() []string {
	return []string{
		// By the namespaces that their manifests choose.
		"system:serviceaccounts:calico-system",
		"system:serviceaccounts:cilium",
		"system:serviceaccounts:metallb-system",
		"system:serviceaccounts:openelb-system",
		"system:serviceaccounts:openshift-cloud-controller-manager",
		"system:serviceaccounts:purelb",
		"system:serviceaccounts:purelb-system",
		"system:serviceaccounts:tailscale",
		"system:serviceaccounts:vmware-system-cloud-provider",
		// Cloud controller managers that are users.
		"eks:cloud-controller-manager",
		"k3s-cloud-controller-manager",
		"rke2-cloud-controller-manager",
		"system:controller:glbc",
		"system:gcp-controller-manager",
		"system:gke-controller-manager",
	}
}

// evaluateStatus finds addresses that a write of the status adds. A Service with them is no fault
// of whoever updates it, and a manifest's status comes to nothing.
func (p *serviceExternalIPs) evaluateStatus(r *workload.Review, service *corev1.Service, allowed []netip.Prefix) (findings []Finding) {
	old, updated := r.OldObject.(*corev1.Service)
	if r.Subresource != "status" || !updated || workload.RunsTheCluster(r.User) || isAmong(p.LoadBalancers, r.User) {
		return nil
	}
	for i, ingress := range service.Status.LoadBalancer.Ingress {
		if ingress.IP == "" || inAny(allowed, ingress.IP) || hasAddress(old, ingress.IP) {
			continue
		}
		path := (*workload.Path)(nil).Child("status", "loadBalancer", "ingress").Item(i, ingress.IP).Child("ip")
		findings = append(findings, invalid(path, ingress.IP, "must be written by a controller of load balancers, or be allowed"))
	}
	return findings
}

func hasAddress(service *corev1.Service, ip string) bool {
	return slices.ContainsFunc(service.Status.LoadBalancer.Ingress, func(i corev1.LoadBalancerIngress) bool { return i.IP == ip })
}
