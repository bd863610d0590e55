package guardrail

import (
	"context"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// Schema is the check of what is written in a file: unknown fields, keys that are there twice, values
// of the wrong type. `taffrail check` makes it and warns; a Guardrail that names it says what follows
// instead. A webhook is sent what an API server has read, and has nothing to find.
const Schema = "schema"

// notInReviews is a check that no review is evaluated by.
type notInReviews struct{}

func (notInReviews) looksAt(*workload.Review) bool { return false }

func (notInReviews) find(*evaluation) []validators.Finding { return nil }

func (notInReviews) kept(*comparison, int) (kept, error) { return kept{}, nil }

// onlyAction refuses what Schema has not.
func onlyAction(in *v1alpha1.Validator, at *field.Path) (mistakes field.ErrorList) {
	if len(rawOf(in.Params)) > 0 {
		mistakes = append(mistakes, field.Forbidden(at.Child("params"), "must not be set: schema has none"))
	}
	if in.Except != nil {
		mistakes = append(mistakes, field.Forbidden(at.Child("except"), "must not be set: schema is not about containers"))
	}
	return mistakes
}

// SchemaAction is what follows from a finding of Schema in an object, and the Guardrail that says so:
// the gravest of those that hold for the object, or a warning of none's.
func (s *Set) SchemaAction(ctx context.Context, r *workload.Review) (action v1alpha1.Action, by string) {
	e := s.evaluation(ctx, r)
	for _, g := range s.guardrails {
		for i := range g.validators {
			v := &g.validators[i]
			if v.name != Schema || e.whyNot(g) != "" {
				continue
			}
			follows := v.action
			if follows == v1alpha1.Deny && s.now().Before(v.enforceFrom) {
				follows = v1alpha1.Warn
			}
			if by == "" || graver(follows, action) {
				action, by = follows, g.name
			}
		}
	}
	if by == "" {
		return v1alpha1.Warn, ""
	}
	return action, by
}
