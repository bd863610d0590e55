package validators

import (
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"taffrail.dev/taffrail/catalogue"
	"taffrail.dev/taffrail/workload"
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

An empty rule allows all, and so does one without ports to or from 0.0.0.0/0 or
::/0. With denyEmptySelector policies that select all Pods of the Namespace are
refused as well, among them the one that denies all by default: let the platform
make that one.
`,
	Severity:   Medium,
	References: catalogue.Refs(catalogue.Kyverno, "restrict-networkpolicy-empty-podselector"),
	Resources:  []Resource{written(networkingv1.SchemeGroupVersion, "networkpolicies")},
	New:        newNetworkPolicyAllowAll,
})

type networkPolicyAllowAll struct {
	DenyEmptySelector bool `json:"denyEmptySelector" doc:"Whether policies that select all Pods are refused as well."`
}

func newNetworkPolicyAllowAll(decode catalogue.Decode) (Validate, error) {
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
			for i, rule := range spec.Ingress {
				if len(rule.Ports) == 0 && everybody(rule.From) {
					findings = append(findings, forbidden(at.Child("spec", "ingress").Item(i, ""), "must not allow everything from everywhere").
						spansLater(opened(spec, rule.From, rule.Ports)))
				}
			}
		}
		if isAbout(spec, networkingv1.PolicyTypeEgress) {
			for i, rule := range spec.Egress {
				if len(rule.Ports) == 0 && everybody(rule.To) {
					findings = append(findings, forbidden(at.Child("spec", "egress").Item(i, ""), "must not allow everything to everywhere").
						spansLater(opened(spec, rule.To, rule.Ports)))
				}
			}
		}
		return findings
	}, nil
}

// isAbout tells whether a policy is about a direction. Without policyTypes it
// is about those that the API server adds.
func isAbout(spec *networkingv1.NetworkPolicySpec, direction networkingv1.PolicyType) bool {
	if len(spec.PolicyTypes) > 0 {
		return slices.Contains(spec.PolicyTypes, direction)
	}
	return direction == networkingv1.PolicyTypeIngress || len(spec.Egress) > 0
}

// everybody tells whether peers leave nobody out. No peers at all do.
func everybody(peers []networkingv1.NetworkPolicyPeer) bool {
	return len(peers) == 0 || slices.ContainsFunc(peers, func(p networkingv1.NetworkPolicyPeer) bool {
		return p.IPBlock != nil && len(p.IPBlock.Except) == 0 && strings.HasSuffix(p.IPBlock.CIDR, "/0")
	})
}
