package guardrail

import (
	"context"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	operator "k8s.io/apimachinery/pkg/selection"

	"taffrail.dev/taffrail/internal/workload"
)

// Coverage says which guardrails evaluate an object. That nothing was found must never be taken for
// that nothing was looked at.
type Coverage struct {
	// By are the names of the guardrails that evaluate it.
	By []string
	// Not are those that look at objects of the kind, and not at this one.
	Not []NotMatched
}

// NotMatched says why a guardrail does not hold for an object.
type NotMatched struct{ Guardrail, Why string }

// Coverage tells by which guardrails Validate and Mutate evaluate an object.
func (s *Set) Coverage(ctx context.Context, r *workload.Review) Coverage {
	e := s.evaluation(ctx, r)
	var c Coverage
	for _, g := range s.guardrails {
		looks := g.looksAt(r) || s.together && g.looksOver(r)
		if !looks {
			continue
		}
		if why := e.whyNot(g); why != "" {
			c.Not = append(c.Not, NotMatched{g.name, why})
			continue
		}
		c.By = append(c.By, g.name)
	}
	return c
}

// looksAt tells whether a check, rule, default or mutation of a guardrail is for an object.
func (g *guardrail) looksAt(r *workload.Review) bool {
	for i := range g.validators {
		if g.validators[i].check.looksAt(r) {
			return true
		}
	}
	if slices.ContainsFunc(g.mutations, func(m mutation) bool { return m.looksAt(r) }) {
		return true
	}
	return len(g.mutators) > 0 && r.Pod != nil && r.Operation == admissionv1.Create && r.Subresource == ""
}

// whyNot tells what in the match of a guardrail leaves an object out, or nothing.
func (e *evaluation) whyNot(g *guardrail) string {
	m := &g.match
	if !m.selectsNamespace(e.review) {
		has := labels.Set{corev1.LabelMetadataName: e.review.Namespace}
		if namespace := e.review.NamespaceMeta(); namespace != nil {
			has = namespace.Labels
		}
		return fmt.Sprintf("Namespace %s %s", e.review.Namespace, lacking(m.namespaces, has))
	}
	if !m.selects(e.review).any() {
		return "the object " + lacking(m.objects, e.review.Meta().GetLabels())
	}
	if holds, err := e.holds(g); !holds && err == nil {
		return "its matchConditions do not hold"
	}
	return ""
}

// lacking is what labels lack of what a selector asks for.
func lacking(selector labels.Selector, has labels.Set) string {
	requirements, _ := selector.Requirements()
	var lacks, hasnt []string
	for _, r := range requirements {
		switch {
		case r.Matches(has):
		case r.Operator() == operator.NotIn, r.Operator() == operator.NotEquals, r.Operator() == operator.DoesNotExist:
			hasnt = append(hasnt, r.String())
		default:
			lacks = append(lacks, r.String())
		}
	}
	var parts []string
	if len(lacks) > 0 {
		parts = append(parts, "lacks "+strings.Join(lacks, ", "))
	}
	if len(hasnt) > 0 {
		parts = append(parts, "does not match "+strings.Join(hasnt, ", "))
	}
	return strings.Join(parts, " and ")
}
