package guardrail

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/sets"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// looksOver tells whether a check over all objects together may find something in an object.
func (g *guardrail) looksOver(r *workload.Review) bool {
	return slices.ContainsFunc(g.validators, func(v validator) bool {
		return v.overSet != nil && slices.Contains(v.overSet.Kinds, r.Kind.GroupKind())
	})
}

// OverSet are the checks of a Guardrail over all objects together. No webhook makes them.
func OverSet(in *v1alpha1.GuardrailSpec) (names []string) {
	for i := range in.Validators {
		if v, known := validators.Find(in.Validators[i].Name); known && v.OverSet != nil {
			names = append(names, v.Name)
		}
	}
	return names
}

// Needs are the facts that checks over all objects together ask for.
func (s *Set) Needs() (all sets.Needs) {
	for _, g := range s.guardrails {
		for i := range g.validators {
			if over := g.validators[i].overSet; over != nil {
				all |= over.Needs
			}
		}
	}
	return all
}

// InObject is what checks over all objects together have found in one.
type InObject struct {
	sets.Object
	by []*foundBy
}

// Text is all that was found, to tell whether it is what was found before.
func (o *InObject) Text() string {
	var b strings.Builder
	for _, by := range o.by {
		for i := range by.findings {
			f := &by.findings[i]
			fmt.Fprintf(&b, "%s/%s %s: %v: %s\n", by.guardrail.name, by.validator.name, f.Path, f.Value, f.Detail)
		}
	}
	return b.String()
}

// foundBy is what one of them has found.
type foundBy struct {
	guardrail *guardrail
	validator *validator
	findings  []validators.Finding
}

// ValidateAll evaluates all objects together. What follows from what is found in one is for DecideIn
// to say: it needs the object, of which only facts are left. The errors tell of checks that failed.
func (s *Set) ValidateAll(all *sets.Set) (found []*InObject, errs []error) {
	s.furnish(all)
	in := map[sets.At]*InObject{}
	for _, g := range s.guardrails {
		for i := range g.validators {
			v := &g.validators[i]
			if v.validateSet == nil {
				continue
			}
			err := v.findIn(all, func(object *sets.Object, f validators.Finding) {
				if object.At == elsewhere {
					return
				}
				if in[object.At] == nil {
					in[object.At] = &InObject{Object: *object}
					found = append(found, in[object.At])
				}
				in[object.At].add(g, v, f)
			})
			if err != nil {
				errs = append(errs, fmt.Errorf("guardrail %s: %w", g.name, err))
			}
		}
	}
	return found, errs
}

func (o *InObject) add(g *guardrail, v *validator, f validators.Finding) {
	if n := len(o.by); n == 0 || o.by[n-1].validator != v {
		o.by = append(o.by, &foundBy{guardrail: g, validator: v})
	}
	last := o.by[len(o.by)-1]
	last.findings = append(last.findings, f)
}

// findIn runs one check. What a panic leaves out is told: nobody must take it for nothing.
func (v *validator) findIn(all *sets.Set, found func(*sets.Object, validators.Finding)) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("check %s panicked: %v\n%s", v.name, p, debug.Stack())
		}
	}()
	v.validateSet(all, found)
	return nil
}

// DecideIn says what follows from what ValidateAll has found in an object: nothing where a guardrail
// does not hold for it, else what follows from any finding.
func (s *Set) DecideIn(ctx context.Context, r *workload.Review, found *InObject) Decision {
	d := Decision{Review: r, all: s.allFindings}
	if s.Excludes(r.Namespace) {
		return d
	}
	e := s.evaluation(ctx, r)
	for _, by := range found.by {
		if e.whyNot(by.guardrail) == "" {
			d.addAll(by.guardrail, &comparison{evaluation: e, guardrail: by.guardrail, validator: by.validator, findings: by.findings})
		}
	}
	return d
}
