package guardrail

import (
	"context"
	"fmt"
	"runtime/debug"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// Validate evaluates an object. All that is wrong with it is in one Decision.
//
// The error says that the object could not be evaluated; the request must be refused
// then, or the failure would be a hole.
func (s *Set) Validate(ctx context.Context, r *workload.Review) (Decision, error) {
	d := Decision{Review: r, all: s.allFindings}
	guardrails := s.candidates(r.Resource.GroupResource())
	if len(guardrails) == 0 || s.Excludes(r.Namespace) {
		return d, nil
	}
	s.prepare(ctx, r)
	err := s.validate(ctx, &d, guardrails, s.budget())
	return d, err
}

// validate validates by all guardrails that may look at the object.
func (s *Set) validate(ctx context.Context, d *Decision, guardrails []*guardrail, budget *cel.Budget) error {
	r := d.Review
	s.complete(ctx, r, budget)
	old := oldObject{ctx: ctx, set: s, review: r, budget: budget}
	for _, g := range guardrails {
		if ctx.Err() != nil {
			break
		}
		if !g.match.selects(r) {
			continue
		}
		holds, err := g.match.conditions.Hold(ctx, r, budget)
		if err != nil {
			if f := s.undecided(g, r, err); f != nil {
				f.soften(g, r)
				d.add(*f)
			}
		}
		if holds {
			s.validateBy(ctx, g, d, &old)
		}
	}
	if err := ended(ctx); err != nil {
		return err
	}
	return r.NamespaceError()
}

// ended tells that whoever sent the review waits no longer. What is found after
// that is found for nobody, and may be half of it.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("whoever sent the review waits no longer: %w", err)
	}
	return nil
}

// validateBy evaluates by one guardrail.
func (s *Set) validateBy(ctx context.Context, g *guardrail, d *Decision, old *oldObject) {
	r := d.Review
	for i := range g.validators {
		v := &g.validators[i]
		if ctx.Err() != nil {
			return
		}
		if !v.check.looksAt(r) {
			continue
		}
		findings, err := v.run(ctx, r, old.budget)
		if err != nil {
			d.Errors = append(d.Errors, fmt.Errorf("guardrail %s: %w", g.name, err))
		}
		old.compareWith(v, findings)
		for i := range findings {
			if !v.except.covers(findings[i].Container) {
				d.add(s.decide(d, g, old, i))
			}
		}
	}
}

// run runs one check. A check that panics finds fault with the object: to let
// it pass would be a hole that whoever can make it panic could use.
func (v *validator) run(ctx context.Context, r *workload.Review, budget *cel.Budget) (findings []validators.Finding, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("check %s panicked: %v\n%s", v.name, p, debug.Stack())
			findings = []validators.Finding{{
				Type:   field.ErrorTypeInternal,
				Detail: "must be evaluated, but the check failed on it; please report this as a bug of Taffrail",
			}}
		}
	}()
	return v.check.find(ctx, r, budget), nil
}

// decide says what follows from one of the findings of a check.
func (s *Set) decide(d *Decision, g *guardrail, old *oldObject, i int) Finding {
	r, v, f := d.Review, old.v, &old.findings[i]
	out := Finding{Finding: f, Guardrail: g.name, Validator: v.name, Rule: v.inCEL, Severity: v.severity, Action: v.action}
	if f.Action != "" {
		out.Action = v1alpha1.Action(f.Action)
	}
	if e := s.exempt(r, g, v, *f); e != nil {
		out.Exemption = e.name
		now := s.now()
		if !now.Before(e.expires.Add(-expiringSoon)) {
			out.ExemptUntil = e.expiresText
		}
		if !r.DryRun { // a dry run leaves no trace
			e.used.at(now)
		}
		return out
	}
	if out.Action != v1alpha1.Deny {
		return out
	}
	switch {
	case s.now().Before(v.enforceFrom):
		out.Action, out.EnforceFrom = v1alpha1.Warn, v.enforceFromText
	case f.Type != field.ErrorTypeInternal: // that we failed on the old object, too, says nothing of it
		k, err := v.check.kept(old, i)
		if err != nil {
			d.Errors = append(d.Errors, err)
		}
		out.keep(k)
	}
	out.soften(g, r)
	return out
}
