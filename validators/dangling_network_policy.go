package validators

import (
	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
)

var _ = register(Validator{
	Name:    "dangling-network-policy",
	Summary: "NetworkPolicies that select no Pods, or allow none as a peer",
	Doc: `
A policy whose podSelector selects nothing isolates nothing: the Pods that it
was written for are open to everybody. A peer that selects nothing is the
other way round: what was to be allowed is not.

    spec:
      podSelector:
        matchLabels: {app: web}
      ingress:
      - from:
        - podSelector:
            matchLabels: {app: proxy}

An empty selector selects all Pods, and is never dangling. Peers in other
namespaces are looked up where a namespaceSelector names these by
kubernetes.io/metadata.name, and the inputs hold a workload there.
`,
	Severity:   Medium,
	References: params.Refs(params.KubeLinter, "dangling-networkpolicy", "dangling-networkpolicypeer-podselector"),
	OverSet: &OverSet{
		Kinds: policyKinds,
		Needs: sets.Policies | sets.Workloads,
		New:   withoutSetParameters(mustIsolatePods),
	},
})

func mustIsolatePods(all *sets.Set, found func(*sets.Object, Finding)) {
	for n := range all.Namespaces() {
		for _, p := range n.Policies {
			if dangles(p.Selector, n) {
				found(&p.Object, unselecting(specPath("podSelector"), p.Selector, n))
			}
			for _, peer := range p.Peers {
				in := n
				if peer.Namespaces != nil {
					name, one := namespaceNamed(peer.Namespaces)
					if !one {
						continue
					}
					in = all.Namespace(name)
				}
				if dangles(peer.Pods, in) {
					found(&p.Object, unselecting(placeAt(peer.Path, "podSelector"), peer.Pods, in))
				}
			}
		}
	}
}

// dangles tells whether a selector selects no Pods of a namespace of which there are some.
func dangles(s *sets.Selector, in *sets.Namespace) bool {
	if !in.Known() || s.Empty() {
		return false
	}
	selector := s.Parse()
	return selector != nil && !in.Selects(selector)
}

// namespaceNamed is the Namespace that a selector names.
func namespaceNamed(s *sets.Selector) (name string, one bool) {
	labels := s.Labels()
	if len(labels) != 1 || labels[0].Key != corev1.LabelMetadataName {
		return "", false
	}
	return labels[0].Value, true
}
