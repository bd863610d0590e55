package validators

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "network-policy-allow-all",
	Summary: "NetworkPolicies with a rule that allows everything from or to everywhere",
	Doc: `
Policies add up: one rule that allows all makes every other policy on these Pods
worth nothing, and looks like protection where there is none.

Name who, or which port:

    ingress:
    - from:
      - podSelector: {matchLabels: {app: web}}
    - ports:
      - port: 8443

A policy is evaluated by what its rules let in, each alone and all together.
Everything from everywhere is every port of TCP, whatever is said of other
protocols, of one of these:

- nobody in particular: no peers are named;
- every IPv4 address, or every IPv6 address, also in parts such as 0.0.0.0/1 and
  128.0.0.0/1. To leave out nothing much with except is no help: less than
  65,536 IPv4 addresses (a /16), less than a /64 of IPv6, or addresses that
  nobody in another network has (those of the host itself, of a link, of
  documentation, multicast and reserved ones). 0.0.0.0/0 except 10.0.0.0/8 is
  not everywhere; 0.0.0.0/0 except 169.254.169.254/32 is;
- every Pod of every Namespace: a namespaceSelector that is empty, with no
  podSelector or an empty one. A selector that only says whom to keep out
  (NotIn, DoesNotExist) lets in all that nobody has labelled, and counts as
  empty, and so does Exists of kubernetes.io/metadata.name, which every
  Namespace has. Say whom to let in.

Every port is no ports at all, a protocol without a port, or ranges that leave
out less than one port in a hundred. An empty podSelector without a
namespaceSelector is the policy's own Namespace, and passes.

With denyEmptySelector policies that select all Pods of the Namespace are
refused as well, among them the one that denies all by default: let the platform
make that one.
`,
	Severity:   Medium,
	References: params.Refs(params.Kyverno, "restrict-networkpolicy-empty-podselector"),
	Resources:  []Resource{written(networkingv1.SchemeGroupVersion, "networkpolicies")},
	New:        newNetworkPolicyAllowAll,
})

type networkPolicyAllowAll struct {
	DenyEmptySelector bool `json:"denyEmptySelector" doc:"Whether policies that select all Pods are refused as well."`
}

func newNetworkPolicyAllowAll(decode params.Decode) (Validate, error) {
	var p networkPolicyAllowAll
	if err := decode(&p); err != nil {
		return nil, err
	}
	return func(r *workload.Review) (findings []Finding) {
		policy, ok := r.Object.(*networkingv1.NetworkPolicy)
		if !ok {
			return nil
		}
		spec := &policy.Spec
		at := (*workload.Path)(nil)
		if selector := spec.PodSelector; p.DenyEmptySelector && len(selector.MatchLabels)+len(selector.MatchExpressions) == 0 {
			findings = append(findings, required(at.Child("spec", "podSelector"), "must select Pods by their labels"))
		}
		// Rules for a direction that the policy is not about say nothing.
		if isAbout(spec, networkingv1.PolicyTypeIngress) {
			findings = appendOpen(findings, "ingress", ingressRules(spec), "must not allow everything from everywhere")
		}
		if isAbout(spec, networkingv1.PolicyTypeEgress) {
			findings = appendOpen(findings, "egress", egressRules(spec), "must not allow everything to everywhere")
		}
		return findings
	}, nil
}

// appendOpen finds fault with the rules that let everything in or out, or with
// all when they do so together.
func appendOpen(findings []Finding, direction string, rules rules, detail string) []Finding {
	all := rules.reach()
	if len(all) == 0 {
		return findings
	}
	at, before := (*workload.Path)(nil).Child("spec", direction), len(findings)
	for i := rules.from; i < rules.to; i++ {
		if everything := rules.only(i).reach(); len(everything) > 0 {
			findings = append(findings, forbidden(at.Item(i, ""), detail).about(at).spansLater(opened(rules.spec, everything)))
		}
	}
	if len(findings) == before {
		findings = append(findings, forbidden(at, detail+", as these rules do together").spansLater(opened(rules.spec, all)))
	}
	return findings
}

// isAbout tells whether a policy is about a direction. Without policyTypes it
// is about those that the API server adds.
func isAbout(spec *networkingv1.NetworkPolicySpec, direction networkingv1.PolicyType) bool {
	if len(spec.PolicyTypes) > 0 {
		return slices.Contains(spec.PolicyTypes, direction)
	}
	return direction == networkingv1.PolicyTypeIngress || len(spec.Egress) > 0
}
