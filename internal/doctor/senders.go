package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"taffrail.dev/taffrail/internal/names"
)

var senders = Check{
	Name:    "senders",
	Summary: "reviews are taken of the API server alone",
	Run: func(ctx context.Context, i *Installation) ([]Finding, error) {
		if i.outside(ctx) {
			return i.sendersOutside(ctx)
		}
		deployment, err := i.deployment(ctx)
		if err != nil {
			return nil, err
		}
		if _, given := argument(deployment, "--client-ca"); given {
			return nil, nil
		}
		list := &networkingv1.NetworkPolicyList{}
		if err := i.Client.List(ctx, list, inNamespace()); err != nil {
			return nil, err
		}
		why := open(list.Items, deployment.Spec.Template)
		if why == "" {
			return nil, nil
		}
		return []Finding{{
			Note, "port 9443 takes reviews from anybody in the cluster: no certificate is asked for, and " + why,
			"Deployment " + names.Namespace + "/" + names.Name,
			`give the API server a certificate and start Taffrail with --client-ca (docs/operations.md, "Who may send reviews"), or install with --api-server-addresses`,
		}}, nil
	},
}

// sendersOutside asks the servers themselves: their flags are not in the cluster, and
// neither is what stands before them.
func (i *Installation) sendersOutside(ctx context.Context) (found []Finding, err error) {
	ours, err := i.ours(ctx)
	if err != nil {
		return nil, err
	}
	for address := range urls(ours) {
		asks, wrong := i.Asks(ctx, address)
		switch {
		case wrong != nil:
			err = errors.Join(err, fmt.Errorf("see whether a certificate is asked for at %s: %w", address, wrong))
		case !asks:
			found = append(found, Finding{
				Note, "it takes reviews from anybody who reaches it: no certificate is asked for", address,
				`give the API server a certificate and start Taffrail with --client-ca (docs/operations.md, "Who may send reviews"), or have a firewall keep others away`,
			})
		}
	}
	return found, err
}

// open says why the port of reviews is open to others than the API server, or
// nothing. Policies add up: what one lets in, none keeps out.
func open(policies []networkingv1.NetworkPolicy, template corev1.PodTemplateSpec) string {
	closed := false
	for _, p := range policies {
		selector, err := metav1.LabelSelectorAsSelector(&p.Spec.PodSelector)
		if err != nil || !selector.Matches(labels.Set(template.Labels)) || !restrictsIngress(&p) {
			continue
		}
		closed = true
		for _, rule := range p.Spec.Ingress {
			if ofReviews(rule.Ports, template.Spec) && (len(rule.From) == 0 || slices.ContainsFunc(rule.From, letsPodsIn)) {
				return "NetworkPolicy " + p.Name + " lets others in than some addresses"
			}
		}
	}
	if !closed {
		return "no NetworkPolicy keeps others away"
	}
	return ""
}

func restrictsIngress(p *networkingv1.NetworkPolicy) bool {
	return len(p.Spec.PolicyTypes) == 0 || slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeIngress)
}

// letsPodsIn tells whether a peer is more than some addresses.
func letsPodsIn(peer networkingv1.NetworkPolicyPeer) bool {
	if peer.IPBlock == nil {
		return true
	}
	prefix, err := netip.ParsePrefix(peer.IPBlock.CIDR)
	return err != nil || prefix.Bits() == 0
}

// ofReviews tells whether the port that reviews come to is among those of a rule.
func ofReviews(ports []networkingv1.NetworkPolicyPort, pod corev1.PodSpec) bool {
	number := int32(9443)
	for _, container := range pod.Containers {
		for _, port := range container.Ports {
			if port.Name == "webhook" {
				number = port.ContainerPort
			}
		}
	}
	return len(ports) == 0 || slices.ContainsFunc(ports, func(p networkingv1.NetworkPolicyPort) bool {
		switch {
		case p.Protocol != nil && *p.Protocol != corev1.ProtocolTCP:
			return false
		case p.Port == nil:
			return true
		case p.Port.Type == intstr.String:
			return p.Port.StrVal == "webhook"
		case p.EndPort != nil:
			return p.Port.IntVal <= number && number <= *p.EndPort
		default:
			return p.Port.IntVal == number
		}
	})
}
