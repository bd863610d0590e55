package guardrail

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// selectsUnknown tells whether the namespaceSelector selects a Namespace of which nothing is known
// but its name: what the name does not decide is taken to match. Objects in no Namespace pass.
func (m *match) selectsUnknown(namespace string) bool {
	if namespace == "" {
		return true
	}
	requirements, _ := m.namespaces.Requirements()
	for _, r := range requirements {
		if r.Key() == corev1.LabelMetadataName && !r.Matches(labels.Set{corev1.LabelMetadataName: namespace}) {
			return false
		}
	}
	return true
}

// Assumption is what a Namespace of which nothing is known is taken to match.
type Assumption struct{ Guardrail, Selector string }

// Assumed are the assumptions about a Namespace of which nothing is known but its name.
func (s *Set) Assumed(namespace string) (all []Assumption) {
	for _, g := range s.guardrails {
		if g.match.namespaces == nil || !g.match.selectsUnknown(namespace) {
			continue
		}
		rest := labels.NewSelector()
		requirements, _ := g.match.namespaces.Requirements()
		for _, r := range requirements {
			if r.Key() != corev1.LabelMetadataName {
				rest = rest.Add(r)
			}
		}
		if !rest.Empty() {
			all = append(all, Assumption{g.name, rest.String()})
		}
	}
	return all
}
