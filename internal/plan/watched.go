package plan

import (
	"slices"

	admissionv1 "k8s.io/api/admission/v1"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/auditlog"
)

// watched are the requests that come to the webhooks of either set.
type watched struct {
	rules []guardrail.Watched
	// known are the answers that were given already: a log has few kinds of requests.
	known map[asked]bool
}

type asked struct {
	operation                             admissionv1.Operation
	group, version, resource, subresource string
}

func watchedBy(both sets) *watched {
	w := &watched{slices.Concat(both.from.Resources(), both.to.Resources()), map[asked]bool{}}
	for _, set := range []*guardrail.Set{both.from, both.to} {
		for _, r := range slices.Concat(set.Mutated()) {
			w.rules = append(w.rules, guardrail.Watched{Resource: r})
		}
	}
	return w
}

// has tells whether a request would come to a webhook. Defaults are for new Pods.
func (w *watched) has(operation admissionv1.Operation, r *auditlog.Reference) bool {
	key := asked{operation, r.APIGroup, r.APIVersion, r.Resource, r.Subresource}
	if key == (asked{admissionv1.Create, "", "v1", "pods", ""}) {
		return true
	}
	has, known := w.known[key]
	if !known {
		has = slices.ContainsFunc(w.rules, func(rule guardrail.Watched) bool { return matches(&rule, &key) })
		if len(w.known) < maxWorkloads {
			w.known[key] = has
		}
	}
	return has
}

// inVersion tells whether a request is in the version that it comes to a webhook in.
func (w *watched) inVersion(operation admissionv1.Operation, r *auditlog.Reference) bool {
	key := asked{operation, r.APIGroup, r.APIVersion, r.Resource, r.Subresource}
	return key.resource == "pods" || slices.ContainsFunc(w.rules, func(rule guardrail.Watched) bool {
		return (rule.Version == "*" || rule.Version == key.version) && matches(&rule, &key)
	})
}

// matches tells whether a rule is about a request. A request for another version is made one for
// the version that the rule names.
func matches(rule *guardrail.Watched, key *asked) bool {
	is := func(pattern, name string) bool { return pattern == "*" || pattern == name }
	if rule.ManifestsOnly || !is(rule.Group, key.group) ||
		!slices.Contains(rule.Operations, key.operation) && !slices.Contains(rule.Operations, "*") {
		return false
	}
	if key.subresource == "" {
		return is(rule.Resource.Resource, key.resource)
	}
	if rule.Resource.Resource == key.resource && slices.Contains(rule.Subresources, key.subresource) {
		return true
	}
	return slices.Contains([]string{
		key.resource + "/" + key.subresource, key.resource + "/*", "*/" + key.subresource, "*/*",
	}, rule.Resource.Resource)
}
