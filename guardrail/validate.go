package guardrail

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/validators"
	"taffrail.dev/taffrail/workload"
)

// Validate judges an object. All that is wrong with it is in one Decision.
//
// The error says that no judgement was possible; the request must be refused
// then, or the failure would be a hole.
func (s *Set) Validate(ctx context.Context, r *workload.Review) (Decision, error) {
	d := Decision{Review: r}
	guardrails := s.validating[r.Resource.GroupResource()]
	if len(guardrails) == 0 || s.Excludes(r.Namespace) {
		return d, nil
	}
	s.prepare(ctx, r)
	s.complete(r)
	former := formerSelf{set: s, review: r}
	for _, g := range guardrails {
		if !g.match.selects(r) {
			continue
		}
		for i := range g.validators {
			v := &g.validators[i]
			if !v.looksAt(r) {
				continue
			}
			findings, err := v.run(r)
			if err != nil {
				d.Errors = append(d.Errors, fmt.Errorf("guardrail %s: %w", g.name, err))
			}
			for _, f := range findings {
				if v.except.covers(f.Container) {
					continue
				}
				d.add(s.judge(r, g, v, f, &former))
			}
		}
	}
	return d, r.NamespaceError()
}

func (v *validator) looksAt(r *workload.Review) bool {
	return slices.ContainsFunc(v.resources, func(resource validators.Resource) bool { return resource.Matches(r) })
}

// run runs one check. A check that panics finds fault with the object: to let
// it pass would be a hole that whoever can make it panic could use.
func (v *validator) run(r *workload.Review) (findings []validators.Finding, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("check %s panicked: %v\n%s", v.name, p, debug.Stack())
			findings = []validators.Finding{{
				Type:   field.ErrorTypeInternal,
				Detail: "must be judged, but the check failed on it; please report this as a bug of Taffrail",
			}}
		}
	}()
	return v.validate(r), nil
}

// judge says what follows from a finding.
func (s *Set) judge(r *workload.Review, g *guardrail, v *validator, f validators.Finding, former *formerSelf) *Finding {
	out := &Finding{Finding: f, Guardrail: g.name, Validator: v.name, Severity: v.severity, Action: v.action}
	if f.Action != "" {
		out.Action = v1alpha1.Action(f.Action)
	}
	if e := s.exempt(r, g, v, f); e != nil {
		out.Exemption = e.name
		return out
	}
	if out.Action != v1alpha1.Deny {
		return out
	}
	switch {
	case s.now().Before(v.enforceFrom):
		out.Action, out.EnforceFrom = v1alpha1.Warn, v.enforceFromText
	case f.Type != field.ErrorTypeInternal && former.had(v, f): // that we failed on the old one too says nothing of it
		out.Action, out.Existing = v1alpha1.Warn, true
	}
	return out
}

// formerSelf remembers what was found in the old object of an update.
type formerSelf struct {
	set    *Set
	review *workload.Review

	old   *workload.Review
	asked bool
	found map[*validator]map[string]bool
}

// had tells whether the old object had the same finding: an update must not be
// blocked by what was there before it.
func (o *formerSelf) had(v *validator, f validators.Finding) bool {
	if !o.asked {
		o.asked, o.old, o.found = true, o.review.Old(), map[*validator]map[string]bool{}
		o.set.complete(o.old)
	}
	if o.old == nil {
		return false
	}
	identities, known := o.found[v]
	if !known {
		identities = map[string]bool{}
		findings, _ := v.run(o.old)
		for _, old := range findings {
			// What was excepted was not judged: who takes the exception away has it
			// judged for the first time.
			if !v.except.covers(old.Container) {
				identities[old.Identity()] = true
			}
		}
		o.found[v] = identities
	}
	return identities[f.Identity()]
}
