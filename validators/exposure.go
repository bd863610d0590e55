package validators

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// exposure is what a Service leads to. A label less in its selector is more Pods. That
// another value is worse cannot be said: it is how one version takes over from another.
func exposure(service *corev1.Service) []part {
	ports := holds("ports")
	for _, port := range service.Spec.Ports {
		ports.items.list = append(ports.items.list, portOf(port))
	}
	parts := []part{ports}
	if len(service.Spec.Selector) == 0 {
		parts = append(parts, narrows("no Pods"))
	}
	for key := range service.Spec.Selector {
		parts = append(parts, narrows("label "+key))
	}
	return parts
}

func portOf(port corev1.ServicePort) string {
	return fmt.Sprintf("%d/%s", port.Port, cmp.Or(port.Protocol, corev1.ProtocolTCP))
}

// sources are who may reach a load balancer: everybody where nobody is named.
func sources(service *corev1.Service) []part {
	if len(service.Spec.LoadBalancerSourceRanges) == 0 {
		return nil
	}
	return []part{holds("sources", service.Spec.LoadBalancerSourceRanges...).in(networksAround)}
}

// opened is of what a NetworkPolicy lets everything through, and the Pods that it does
// so for. What it leaves out of that is nothing much, so no change of it matters.
func opened(spec *networkingv1.NetworkPolicySpec, everything []string) func() []part {
	return func() []part {
		return append(selected(&spec.PodSelector), holds("everything of", everything...))
	}
}

// networksAround are the networks that a network lies in, itself included.
func networksAround(item string) iter.Seq[string] {
	return func(yield func(string) bool) {
		network, err := netip.ParsePrefix(item)
		for bits := network.Bits(); err == nil && bits >= 0; bits-- {
			around, _ := network.Addr().Prefix(bits)
			if !yield(around.String()) {
				return
			}
		}
	}
}

// selected is what limits a selector: every requirement less selects more. None at all is nothing.
func selected(selector *metav1.LabelSelector) (parts []part) {
	if selector == nil {
		return []part{narrows("nothing")}
	}
	for key, value := range selector.MatchLabels {
		parts = append(parts, narrows("has "+key), holds("label "+key, value))
	}
	for _, e := range selector.MatchExpressions {
		switch e.Operator {
		case metav1.LabelSelectorOpIn:
			parts = append(parts, narrows("has "+e.Key), holds("label "+e.Key, e.Values...))
		case metav1.LabelSelectorOpExists:
			parts = append(parts, narrows("has "+e.Key))
		case metav1.LabelSelectorOpNotIn:
			for _, value := range e.Values {
				parts = append(parts, narrows("label "+e.Key+" not "+value))
			}
		default:
			parts = append(parts, narrows(string(e.Operator)+" "+e.Key))
		}
	}
	return parts
}

// asJSON is a value in one line, to compare. What was decoded can be encoded again.
func asJSON(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}
