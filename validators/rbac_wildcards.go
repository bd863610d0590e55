package validators

import (
	"iter"
	"slices"
	"strings"
	"sync"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
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
		params.Refs(params.CIS, "5.1.3"),
		params.Refs(params.Kyverno, "restrict-wildcard-resources", "restrict-wildcard-verbs"),
		params.Refs(params.KubeLinter, "wildcard-in-rules"),
	),
	Resources: roles,
	New:       newRBACWildcards,
})

type rbacWildcards struct {
	Allow []string `json:"allow" doc:"Fields in which a star is allowed: verbs, resources, apiGroups, nonResourceURLs."`
}

func newRBACWildcards(decode params.Decode) (Validate, error) {
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
		rules := rulesIn(r)
		for i := range rules {
			rule := &rules[i]
			for j, values := range [...][]string{rule.Verbs, rule.Resources, rule.APIGroups, rule.NonResourceURLs} {
				if !slices.Contains(p.Allow, known[j]) && slices.ContainsFunc(values, func(v string) bool { return isWildcard(known[j], v) }) {
					findings = append(findings, starsIn(rule, rulePath(i).Child(known[j]), known[j], values)...)
				}
			}
		}
		return append(findings, selectsAll(r)...)
	}, mistakes.ToAggregate()
}

// starsIn blames each star in a field of a rule. It goes as far as the other fields,
// which all of them have in common, let it.
func starsIn(rule *rbacv1.PolicyRule, path *workload.Path, field string, values []string) (findings []Finding) {
	others := sync.OnceValue(func() []part { return ruleParts(rule, field) })
	for i, value := range values {
		if isWildcard(field, value) {
			findings = append(findings, invalid(path.Item(i, value), value, "must name what is meant").about(path).shared().
				spansLater(func() []part { return append(slices.Clip(others()), holds(field, value).in(stars)) }))
		}
	}
	return findings
}

// ruleParts are what a rule grants in other fields than one. A star, or no name of a
// resource, limits nothing.
func ruleParts(rule *rbacv1.PolicyRule, but string) (parts []part) {
	add := func(name string, list []string, holders func(string) iter.Seq[string]) {
		if name != but && !slices.Contains(list, "*") {
			parts = append(parts, holds(name, list...).in(holders))
		}
	}
	add("verbs", rule.Verbs, nil)
	add("apiGroups", rule.APIGroups, nil)
	add("resources", rule.Resources, everySuch)
	add("nonResourceURLs", rule.NonResourceURLs, below)
	if len(rule.ResourceNames) > 0 {
		add("resourceNames", rule.ResourceNames, nil)
	}
	return parts
}

// stars are what a star with something beside it is less than.
func stars(string) iter.Seq[string] { return slices.Values([]string{"*", "/*"}) }

// everySuch is what stands for a subresource of every resource: */exec for pods/exec.
func everySuch(resource string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if _, subresource, is := strings.Cut(resource, "/"); is {
			yield("*/" + subresource)
		}
	}
}

// below are the patterns that a URL lies below: /healthz* and /* for /healthz/etcd.
func below(url string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for end := range len(url) {
			if !yield(url[:end] + "*") {
				return
			}
		}
	}
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
