package validators

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/catalogue"
	"taffrail.dev/taffrail/workload"
)

var _ = register(Validator{
	Name:    "rbac-wildcards",
	Summary: "Roles with * in verbs, resources or apiGroups",
	Doc: `
A star grants what there is and what there will be: the verbs escalate and
impersonate, the subresources exec and proxy, and every custom resource that is
installed tomorrow.

Write what is used:

    apiGroups: [apps]
    resources: [deployments]
    verbs: [get, list, watch, update]

Where some stars are wanted, say in which fields:

    allow: [verbs]

Stars in part of a resource (*/scale), a star for all nonResourceURLs, and a
selector of an aggregationRule that selects all ClusterRoles count as well.
`,
	Severity: Medium,
	References: slices.Concat(
		catalogue.Refs(catalogue.CIS, "5.1.3"),
		catalogue.Refs(catalogue.Kyverno, "restrict-wildcard-resources", "restrict-wildcard-verbs"),
		catalogue.Refs(catalogue.KubeLinter, "wildcard-in-rules"),
	),
	Resources: roles,
	New:       newRBACWildcards,
})

type rbacWildcards struct {
	Allow []string `json:"allow" doc:"Fields in which a star is allowed: verbs, resources, apiGroups, nonResourceURLs."`
}

func newRBACWildcards(decode catalogue.Decode) (Validate, error) {
	var p rbacWildcards
	if err := decode(&p); err != nil {
		return nil, err
	}
	known := []string{"verbs", "resources", "apiGroups", "nonResourceURLs"}
	var mistakes field.ErrorList
	for i, name := range p.Allow {
		if !slices.Contains(known, name) {
			mistakes = append(mistakes, field.NotSupported(field.NewPath("allow").Index(i), name, known))
		}
	}
	return func(r *workload.Review) (findings []Finding) {
		rules, before := rulesIn(r)
		for i := range rules {
			rule := &rules[i]
			for j, values := range [...][]string{rule.Verbs, rule.Resources, rule.APIGroups, rule.NonResourceURLs} {
				for k, value := range values {
					if isWildcard(known[j], value) && !slices.Contains(p.Allow, known[j]) {
						path := rulePath(i, rule, before).Child(known[j]).Item(k, value)
						findings = append(findings, invalid(path, value, "must name what is meant"))
					}
				}
			}
		}
		return append(findings, selectsAll(r)...)
	}, mistakes.ToAggregate()
}

func isWildcard(name, value string) bool {
	if name == "nonResourceURLs" {
		return value == "*" || value == "/*" // /healthz/* names what is meant
	}
	return strings.Contains(value, "*")
}

func selectsAll(r *workload.Review) (findings []Finding) {
	role, ok := r.Object.(*rbacv1.ClusterRole)
	if !ok || role.AggregationRule == nil {
		return nil
	}
	for i, selector := range role.AggregationRule.ClusterRoleSelectors {
		if len(selector.MatchLabels)+len(selector.MatchExpressions) == 0 {
			path := (*workload.Path)(nil).Child("aggregationRule", "clusterRoleSelectors").Item(i, "")
			findings = append(findings, required(path, "must select ClusterRoles by their labels"))
		}
	}
	return findings
}
