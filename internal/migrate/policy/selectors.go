package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// Both selects what two selectors select. Nil selects all.
func Both(a, b *metav1.LabelSelector) *metav1.LabelSelector {
	switch {
	case empty(a):
		return b
	case empty(b):
		return a
	}
	out := &metav1.LabelSelector{MatchLabels: maps.Clone(a.MatchLabels), MatchExpressions: slices.Clone(a.MatchExpressions)}
	for _, key := range slices.Sorted(maps.Keys(b.MatchLabels)) {
		value, taken := out.MatchLabels[key]
		switch {
		case taken && value != b.MatchLabels[key]:
			out.MatchExpressions = append(out.MatchExpressions, metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpIn, Values: []string{b.MatchLabels[key]}})
		case !taken:
			if out.MatchLabels == nil {
				out.MatchLabels = map[string]string{}
			}
			out.MatchLabels[key] = b.MatchLabels[key]
		}
	}
	out.MatchExpressions = append(out.MatchExpressions, b.MatchExpressions...)
	return out
}

func empty(s *metav1.LabelSelector) bool {
	return s == nil || len(s.MatchLabels) == 0 && len(s.MatchExpressions) == 0
}

// Selects is a selector without a meaning as nil.
func Selects(s *metav1.LabelSelector) *metav1.LabelSelector {
	if empty(s) {
		return nil
	}
	return s
}

// InNamespaces has a match hold in some namespaces by their names, which may be globs.
func InNamespaces(m *v1alpha1.Match, names []string) { namespaces(m, names, true) }

// NotInNamespaces leaves namespaces out by their names, which may be globs.
func NotInNamespaces(m *v1alpha1.Match, names []string) { namespaces(m, names, false) }

func namespaces(m *v1alpha1.Match, names []string, in bool) {
	if len(names) == 0 || in && slices.Contains(names, "*") {
		return
	}
	names = unique(names)
	if !slices.ContainsFunc(names, IsGlob) {
		operator := metav1.LabelSelectorOpIn
		if !in {
			operator = metav1.LabelSelectorOpNotIn
		}
		m.NamespaceSelector = Both(m.NamespaceSelector, &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: corev1.LabelMetadataName, Operator: operator, Values: names},
		}})
		return
	}
	test := AnyGlob(namespaceName, names)
	if in {
		Condition(m, "namespaces", namespaceName+` == "" || `+test)
		return
	}
	Condition(m, "not-namespaces", namespaceName+` == "" || !(`+test+")")
}

// namespaceName is the namespace of an object, or the name of a Namespace.
const namespaceName = `(request.kind.kind == "Namespace" ? ` + RequestName + ` : ` + RequestNamespace + `)`

// What a request may lack: something that lives in no namespace has none, and something whose name is
// generated has no name yet.
const (
	RequestNamespace   = `request.?namespace.orValue("")`
	RequestName        = `request.?name.orValue("")`
	RequestSubresource = `request.?subResource.orValue("")`
)

// Condition adds a match condition under a name that is free.
func Condition(m *v1alpha1.Match, name, expression string) {
	free := name
	for n := 2; slices.ContainsFunc(m.MatchConditions, func(c admissionregistrationv1.MatchCondition) bool { return c.Name == free }); n++ {
		free = fmt.Sprintf("%s-%d", name, n)
	}
	m.MatchConditions = append(m.MatchConditions, admissionregistrationv1.MatchCondition{Name: free, Expression: expression})
}

// OfKinds has a match hold for some kinds alone.
func OfKinds(m *v1alpha1.Match, kinds []string) {
	if len(kinds) > 0 {
		Condition(m, "kinds", "request.kind.kind in "+Literal(texts(unique(kinds))))
	}
}

func texts(in []string) (out []any) {
	for _, s := range in {
		out = append(out, s)
	}
	return out
}

// unique are the texts, each once and in order: what two runs print is the same.
func unique(in []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(in)))
}

// IsGlob tells whether a text has wildcards.
func IsGlob(text string) bool { return strings.ContainsAny(text, "*?") }
