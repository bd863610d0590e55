package plan

import (
	"context"
	"slices"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/admission"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/workload"
)

// sets are both guardrails.
type sets struct{ from, to *guardrail.Set }

func compileBoth(p *Plan, from, to *Side, o guardrail.Options) (both sets, err error) {
	if both.from, err = from.compile(p)(o); err != nil {
		return both, err
	}
	if both.to, err = to.compile(p)(o); err != nil {
		return both, err
	}
	p.Notes = slices.Concat(p.Notes, both.from.Warnings(), both.to.Warnings(), from.overSet(), to.overSet())
	return both, nil
}

// each is what both sets say of a request, and whether one of them looks at it.
func (s *sets) each(ctx context.Context, review *workload.Review) (was, is *verdict, evaluated bool, err error) {
	evaluated = s.looksAt(ctx, review)
	if was, err = verdictOf(ctx, s.from, review); err != nil {
		return nil, nil, false, err
	}
	// To complete a Pod changes the review.
	again, err := workload.NewReview(review.Request())
	if err != nil {
		return nil, nil, false, err
	}
	again.Name, again.Namespace = review.Name, review.Namespace
	is, err = verdictOf(ctx, s.to, again)
	return was, is, evaluated, err
}

func (s *sets) looksAt(ctx context.Context, review *workload.Review) bool {
	for _, set := range []*guardrail.Set{s.from, s.to} {
		if !set.Excludes(review.Namespace) && len(set.Coverage(ctx, review).By) > 0 {
			return true
		}
	}
	return false
}

func verdictOf(ctx context.Context, set *guardrail.Set, review *workload.Review) (*verdict, error) {
	if set.Excludes(review.Namespace) {
		return &verdict{}, nil
	}
	outcome, err := admission.Admit(ctx, set, review)
	if err != nil {
		return nil, err
	}
	completion := admission.Completion(ctx, set, review, &outcome)
	return &verdict{resultsOf(&outcome.Decision), completion.Applied, completion.Patch}, nil
}

func resultsOf(d *guardrail.Decision) (all []report.Result) {
	review := d.Review
	for _, f := range d.Findings {
		all = append(all, report.Result{
			Kind: review.Kind.Kind, Namespace: review.Namespace, Name: review.DisplayName(),
			Guardrail: f.Guardrail, Validator: f.Validator, Control: f.Control, Action: f.Action, Severity: string(f.Severity),
			Path: f.Path.String(), Message: report.MessageOf(f), Fix: f.Fix, FixIsSafe: f.Safe,
			Resource: review.GroupResource(), Rule: f.Rule, Identity: f.Path.Identity(), Cause: f.Cause(),
		})
	}
	return all
}
