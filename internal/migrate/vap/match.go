package vap

import (
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// Constrain has a match select what matchConstraints or matchResources select, and is the resources
// that they name.
func Constrain(m *v1alpha1.Match, r *admissionregistrationv1.MatchResources) []admissionregistrationv1.RuleWithOperations {
	if r == nil {
		return nil
	}
	m.NamespaceSelector = policy.Both(policy.Selects(m.NamespaceSelector), policy.Selects(r.NamespaceSelector))
	m.ObjectSelector = policy.Both(policy.Selects(m.ObjectSelector), policy.Selects(r.ObjectSelector))
	var all []admissionregistrationv1.RuleWithOperations
	named := false
	for i := range r.ResourceRules {
		all = append(all, r.ResourceRules[i].RuleWithOperations)
		named = named || len(r.ResourceRules[i].ResourceNames) > 0
	}
	if named {
		policy.Condition(m, "resource-names", anyOf(r.ResourceRules))
	}
	if len(r.ExcludeResourceRules) > 0 {
		policy.Condition(m, "not-excluded", policy.Not(anyOf(r.ExcludeResourceRules)))
	}
	return all
}

// Within has a match select what the resourceRules of a binding select, in addition.
func Within(m *v1alpha1.Match, r *admissionregistrationv1.MatchResources) {
	if r == nil {
		return
	}
	if rules := Constrain(m, r); len(rules) > 0 && !slices.ContainsFunc(m.MatchConditions, func(c admissionregistrationv1.MatchCondition) bool {
		return strings.HasPrefix(c.Name, "resource-names") && c.Expression == anyOf(r.ResourceRules)
	}) {
		policy.Condition(m, "resources", anyOf(r.ResourceRules))
	}
}

func anyOf(rules []admissionregistrationv1.NamedRuleWithOperations) string {
	var tests []string
	for i := range rules {
		tests = append(tests, test(&rules[i]))
	}
	return policy.Any(tests...)
}

// test is whether a request is for what a rule selects.
func test(r *admissionregistrationv1.NamedRuleWithOperations) string {
	var operations []string
	for _, o := range r.Operations {
		operations = append(operations, string(o))
	}
	parts := []string{
		oneOf("request.operation", operations), oneOf("request.resource.group", r.APIGroups),
		oneOf("request.resource.version", r.APIVersions), resources(r.Resources),
	}
	if r.Scope != nil {
		namespaced := policy.RequestNamespace + ` != "" && request.resource.resource != "namespaces"`
		switch *r.Scope {
		case admissionregistrationv1.NamespacedScope:
			parts = append(parts, namespaced)
		case admissionregistrationv1.ClusterScope:
			parts = append(parts, policy.Not(namespaced))
		}
	}
	if len(r.ResourceNames) > 0 {
		parts = append(parts, oneOf(policy.RequestName, r.ResourceNames))
	}
	return policy.All(parts...)
}

func oneOf(what string, values []string) string {
	if slices.Contains(values, "*") {
		return "true"
	}
	return policy.AnyGlob(what, values)
}

func resources(names []string) string {
	var tests []string
	for _, name := range names {
		resource, sub, _ := strings.Cut(name, "/")
		of, at := "true", "true"
		if resource != "*" {
			of = "request.resource.resource == " + policy.Quote(resource)
		}
		if sub != "*" {
			at = policy.RequestSubresource + " == " + policy.Quote(sub)
		}
		tests = append(tests, policy.All(of, at))
	}
	return policy.Any(tests...)
}
