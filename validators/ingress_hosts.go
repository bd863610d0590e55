package validators

import (
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "ingress-hosts",
	Summary: "Ingresses with no host or a wildcard for one, or with a host outside a list",
	Doc: `
A rule without a host, or with a wildcard, takes requests for names that belong
to others: every name that nobody else has claimed, be it tomorrow's.

    rules:
    - host: shop.example.com

Where a cluster serves some domains only, list them. A name that begins with a
star stands for every name below it:

    allowed: ["*.shop.example.com", shop.example.com]
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "disallow-empty-ingress-host", "restrict-ingress-wildcard"),
		params.Refs(params.Gatekeeper, "K8sBlockWildcardIngress"),
	),
	Resources: ingresses,
	New:       newIngressHosts,
})

type ingressHosts struct {
	Allowed []string `json:"allowed" doc:"Hosts that are allowed; none means all that are no wildcard."`
}

func newIngressHosts(decode params.Decode) (Validate, error) {
	var p ingressHosts
	if err := decode(&p); err != nil {
		return nil, err
	}
	allowed, mistakes := parseHostPatterns(p.Allowed, field.NewPath("allowed"))
	return func(r *workload.Review) (findings []Finding) {
		ingress, ok := r.Object.(*networkingv1.Ingress)
		if !ok {
			return nil
		}
		for i, rule := range ingress.Spec.Rules {
			switch {
			case rule.Host == "":
				findings = append(findings, required(hostPath(i, rule), "must be set").spansLater(served(&ingress.Spec.Rules[i])))
			case strings.Contains(rule.Host, "*"):
				findings = append(findings, invalid(hostPath(i, rule), rule.Host, "must not be a wildcard").spansLater(served(&ingress.Spec.Rules[i])))
			case len(allowed) > 0 && !allowed.match(rule.Host):
				findings = append(findings, invalid(hostPath(i, rule), rule.Host, "must be "+oneOf(allowed)).spansLater(served(&ingress.Spec.Rules[i])))
			}
		}
		return findings
	}, mistakes.ToAggregate()
}
