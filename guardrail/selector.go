package guardrail

import (
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/workload"
)

// What a rule looks at is written and read as in a webhook configuration or a
// ValidatingAdmissionPolicy, down to what * covers.

const anything = "*"

// selects tells whether a selector selects what a review is of.
func selects(s *admissionregistrationv1.RuleWithOperations, r *workload.Review) bool {
	return oneOf(s.Operations, admissionregistrationv1.OperationType(r.Operation)) &&
		oneOf(s.APIGroups, r.Resource.Group) && oneOf(s.APIVersions, r.Resource.Version) &&
		slices.ContainsFunc(s.Resources, func(pattern string) bool {
			resource, subresource, _ := strings.Cut(pattern, "/")
			return (resource == anything || resource == r.Resource.Resource) &&
				(subresource == anything || subresource == r.Subresource)
		}) &&
		inScope(s.Scope, r)
}

func oneOf[T ~string](patterns []T, value T) bool {
	return slices.Contains(patterns, value) || slices.Contains(patterns, anything)
}

var namespaces = corev1.SchemeGroupVersion.WithResource("namespaces")

// inScope takes account of the namespace that the request for a Namespace has,
// its own, although no Namespace is in one.
func inScope(scope *admissionregistrationv1.ScopeType, r *workload.Review) bool {
	if scope == nil || *scope == admissionregistrationv1.AllScopes {
		return true
	}
	namespaced := r.Namespace != "" && r.Resource != namespaces
	return namespaced == (*scope == admissionregistrationv1.NamespacedScope)
}

var (
	operations = []admissionregistrationv1.OperationType{
		admissionregistrationv1.OperationAll, admissionregistrationv1.Create, admissionregistrationv1.Update,
		admissionregistrationv1.Delete, admissionregistrationv1.Connect,
	}
	scopes = []admissionregistrationv1.ScopeType{
		admissionregistrationv1.AllScopes, admissionregistrationv1.ClusterScope, admissionregistrationv1.NamespacedScope,
	}
)

func checkSelector(s *admissionregistrationv1.RuleWithOperations, at *field.Path) field.ErrorList {
	mistakes := append(checkPatterns(s.APIGroups, at.Child("apiGroups")), checkPatterns(s.APIVersions, at.Child("apiVersions"))...)
	mistakes = append(mistakes, checkPatterns(s.Operations, at.Child("operations"))...)
	for i, version := range s.APIVersions {
		if version == "" { // the group of Pods is "", their version is v1
			mistakes = append(mistakes, field.Required(at.Child("apiVersions").Index(i), "must be a version, or *"))
		}
	}
	for i, operation := range s.Operations {
		if !slices.Contains(operations, operation) {
			mistakes = append(mistakes, field.NotSupported(at.Child("operations").Index(i), operation, operations))
		}
	}
	if len(s.Resources) == 0 {
		mistakes = append(mistakes, field.Required(at.Child("resources"), "must be set"))
	}
	for i, resource := range s.Resources {
		name, subresource, narrow := strings.Cut(resource, "/")
		if name == "" || narrow && subresource == "" || strings.Contains(subresource, "/") || resource != strings.ToLower(resource) {
			mistakes = append(mistakes, field.Invalid(at.Child("resources").Index(i), resource, "must be a resource such as pods, a subresource such as pods/exec, or either with *"))
		}
	}
	if s.Scope != nil && !slices.Contains(scopes, *s.Scope) {
		mistakes = append(mistakes, field.NotSupported(at.Child("scope"), *s.Scope, scopes))
	}
	return mistakes
}

// checkPatterns wants values, or * alone.
func checkPatterns[T ~string](patterns []T, at *field.Path) field.ErrorList {
	switch {
	case len(patterns) == 0:
		return field.ErrorList{field.Required(at, "must be set")}
	case len(patterns) > 1 && slices.Contains(patterns, anything):
		return field.ErrorList{field.Invalid(at, patterns, "must not name others beside *")}
	default:
		return nil
	}
}
