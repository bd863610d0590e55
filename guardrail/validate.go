package guardrail

import (
	"context"
	"fmt"
	"runtime/debug"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// Validate evaluates an object. All that is wrong with it is in one Decision.
//
// The error says that the object could not be evaluated; the request must be refused
// then, or the failure would be a hole.
func (s *Set) Validate(ctx context.Context, r *workload.Review) (Decision, error) {
	return s.ValidateTimed(ctx, r, nil)
}

// ValidateTimed evaluates an object and notes what takes how long.
func (s *Set) ValidateTimed(ctx context.Context, r *workload.Review, times *Times) (Decision, error) {
	d := Decision{Review: r, all: s.allFindings}
	guardrails := s.candidates(r.Resource.GroupResource())
	if len(guardrails) == 0 || s.Excludes(r.Namespace) {
		return d, nil
	}
	e := s.evaluation(ctx, r)
	e.times = times
	err := e.validate(guardrails, &d)
	return d, err
}

// validate evaluates by all guardrails that may look at the object.
func (e *evaluation) validate(guardrails []*guardrail, d *Decision) error {
	e.complete()
	for _, g := range guardrails {
		if e.ctx.Err() != nil {
			break
		}
		selected := g.match.selects(e.review)
		if !selected.any() {
			continue
		}
		holds, err := e.holds(g)
		if err != nil {
			if f := e.undecided(g, selected, err); f != nil {
				d.add(*f)
			}
		}
		if holds {
			e.validateBy(g, selected, d)
		}
	}
	return e.end()
}

// validateBy evaluates by one guardrail.
func (e *evaluation) validateBy(g *guardrail, selected selection, d *Decision) {
	e.times.by(g)
	for i := range g.validators {
		v := &g.validators[i]
		if e.ctx.Err() != nil {
			return
		}
		if !v.looksAt(e.review, selected) {
			continue
		}
		start := e.times.start()
		findings, err := v.find(e)
		if err != nil {
			d.Errors = append(d.Errors, fmt.Errorf("guardrail %s: %w", g.name, err))
		}
		if selected.object != selected.pods {
			findings = v.inSelection(findings, e.review, selected)
		}
		if len(findings) > 0 {
			d.addAll(g, &comparison{evaluation: e, guardrail: g, validator: v, findings: findings})
		}
		e.times.took(g, v.name, start)
	}
}

// find runs one check. A check that panics finds fault with the object: to let
// it pass would be a hole that whoever can make it panic could use.
func (v *validator) find(e *evaluation) (findings []validators.Finding, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("check %s panicked: %v\n%s", v.name, p, debug.Stack())
			findings = []validators.Finding{{
				Type:   field.ErrorTypeInternal,
				Detail: "must be evaluated, but the check failed on it; please report this as a bug of Taffrail",
			}}
		}
	}()
	return v.check.find(e), nil
}

// decide says what follows from one of the findings of a check. The error is a panic of its rule.
func (c *comparison) decide(g *guardrail, i int) (Finding, error) {
	v, f := c.validator, &c.findings[i]
	out := Finding{Finding: f, Guardrail: g.name, Validator: v.name, Rule: v.inCEL, Severity: v.severity, Action: v.action, Note: v.message}
	if f.Action != "" {
		out.Action = v1alpha1.Action(f.Action)
	}
	if e := c.exempt(g, v, f); e != nil {
		e.letThrough(&out, c.set.now(), c.review.DryRun)
		return out, nil
	}
	if out.Action != v1alpha1.Deny {
		return out, nil
	}
	var err error
	switch {
	case c.set.now().Before(v.enforceFrom):
		out.Action, out.EnforceFrom = v1alpha1.Warn, v.enforceFromText
	case f.Type != field.ErrorTypeInternal: // that we failed on the old object, too, says nothing of it
		var k kept
		k, err = v.check.kept(c, i)
		out.keep(k)
	}
	out.soften(g, c.review)
	return out, err
}
